"""Whatever dies, the film is the same, and nothing is rendered twice that was in the store.

One drill runs with the other tests; `make drill` plays every drill five times, at other moments each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drill.drills import DRILLS, play
from tests.drill.rehearsal import Stage, stage

pytestmark = pytest.mark.slow
TIMES = int(os.environ.get("WANFLOW_DRILLS", "0"))
"""How often each drill is played: `make drill`. 0: one drill, once."""
SEED = int(os.environ.get("WANFLOW_DRILL_SEED", "1"))
SHORT = ("keeper killed",)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("drill")) as made:
        yield made


@pytest.fixture(scope="module")
def undisturbed(here: Stage) -> str:
    """Digest of the frames of the film that nothing is done to."""
    making = here.begin("undisturbed")
    document = making.wait()
    assert document["exit_code"] == 0, document
    assert len(making.rendered) == 3
    return here.frames(document)


@pytest.mark.parametrize("seed", range(SEED, SEED + max(1, TIMES)))
@pytest.mark.parametrize("name", list(DRILLS) if TIMES else SHORT)
def test_the_film_is_the_same(here: Stage, undisturbed: str, name: str, seed: int, tmp_path: Path) -> None:
    number = list(DRILLS).index(name) * 1000 + seed
    frames, rendered = play(here, name, number, seed)
    assert frames == undisturbed
    assert len(rendered) == len(set(rendered)), "rendered twice"
