"""Whatever a network does in turn, a pull never names a model that is not whole, and comes through in the end."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.wan.hub.conftest import PACE, PULLED, Told
from tests.wan.hub.fake_hub import FakeHub
from wan.errors import HubError
from wan.hub.pull import Source, pull
from wan.hub.verify import verify
from wan.variants.published import Model
from wan.weights.places import folder_of, pulled

SEEDS = range(int(os.environ.get("WANFLOW_WEATHER_SEEDS", "6")))


def _turn(hub: FakeHub, chance: random.Random) -> None:
    """Other weather from now on."""
    hub.cut_after, hub.cuts = chance.choice([0, 1, 5_000, 40_000]), chance.randrange(12)
    hub.busy, hub.busy_status = chance.choice([0, 0, 3, 20]), chance.choice([429, 500, 503])
    hub.ranges = chance.random() < 0.8
    hub.digests = chance.random() < 0.7
    path = chance.choice(PULLED)
    hub.lies = {path: chance.randbytes(len(hub.files[path]))} if chance.random() < 0.4 else {}
    hub.lie_times = chance.choice([1, 2, 100])
    if chance.random() < 0.3:  # somebody pushes: the same sizes, another commit
        hub.files = {**hub.files, "config.json": b'{"hidden_size": %d}' % chance.randrange(10)}
        hub.commit = f"{chance.getrandbits(160):040x}"


def _fair(hub: FakeHub) -> None:
    hub.cuts = hub.busy = 0
    hub.ranges = hub.digests = True
    hub.lies = {}


@pytest.mark.parametrize("seed", SEEDS)
def test_any_weather_ends_in_the_whole_model(
    seed: int, hub: FakeHub, model: Model, source: Source, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    for turn in range(6):
        if turn == 5:
            _fair(hub)
        else:
            _turn(hub, chance)
        told = Told()
        try:
            pull(model, told, source=source, pace=replace(PACE, attempts=2, connections=chance.choice([1, 4, 8])))
        except HubError:
            assert pulled(model.name) is None
            assert not folder_of(model.name).exists()
            continue
        assert told.here + told.fetched == told.total
        break
    folder = folder_of(model.name)
    if hub.digests and not hub.lies:
        for path in PULLED:
            assert (folder / path).read_bytes() == hub.files[path]
    assert not verify(folder).faults
