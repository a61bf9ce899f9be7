"""Whatever dies, the film is the same, and nothing is rendered twice that was in the store.

A short set runs with the other tests; `make drill` plays every kind five times, at other moments each time. The kinds
that are played elsewhere, and what each must hold, are in docs/drills.md.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from flows.runs.server import Server, connect
from tests.drill.drills import KINDS, only, plays
from tests.drill.plays import played
from tests.drill.rehearsal import SHOTS, Stage, stage
from tests.flows.buckets import CREDENTIALS

pytestmark = pytest.mark.slow
TIMES = int(os.environ.get("WANFLOW_DRILLS", "0"))
"""How often each kind is played: `make drill`. 0: the short set, once."""
SEED = int(os.environ.get("WANFLOW_DRILL_SEED", "1"))
ONLY = os.environ.get("WANFLOW_DRILL_ONLY", "")
"""Parts of the names of kinds, with commas between them."""
SHORT = ("keeper killed",)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Prefect's: kept between films, so that each need not start one."""
    connected = connect()
    connected.wait()
    yield connected
    connected.close()


@pytest.fixture(scope="module")
def here(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("drill"), **CREDENTIALS) as made:
        yield made


@pytest.fixture(scope="module")
def undisturbed(here: Stage) -> str:
    """Digest of the frames of the film that nothing is done to."""
    making = here.begin("undisturbed")
    document = making.wait()
    assert document["exit_code"] == 0, document
    assert len(making.rendered) == SHOTS
    return here.frames(document)


@pytest.mark.parametrize(("name", "seed", "times"), [*plays(only(ONLY) if TIMES else SHORT, max(1, TIMES), SEED)])
def test_the_film_is_the_same(
    here: Stage, undisturbed: str, name: str, seed: int, times: int, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, began = KINDS[name], time.monotonic()
    if kind.why_not is not None:
        pytest.skip(kind.why_not)
    place = f"{sorted(KINDS).index(name)}"
    played(here, kind.drill, place, seed, undisturbed, times=times, own_pool=kind.own_pool)
    with capsys.disabled():
        print(f"\n{name}: seed {seed}, {times} times, {time.monotonic() - began:.0f} s")
