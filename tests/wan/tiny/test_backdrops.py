from __future__ import annotations

import itertools

import torch

from wan.tiny import backdrops
from wan.tiny.world import LIGHTS, PLACES


def test_no_two_backdrops_look_alike() -> None:
    stills = backdrops.stills(64, 36)
    assert len(stills) == len(PLACES) * len(LIGHTS)
    for a, b in itertools.combinations(range(len(stills)), 2):
        assert float((stills[a] - stills[b]).abs().mean()) > 0.02


def test_night_is_dark_and_noon_is_bright() -> None:
    stills = backdrops.stills(64, 36)
    for place in PLACES:
        night, noon = (float(stills[backdrops.index_of(place, light)].mean()) for light in ("night", "noon"))
        assert night < 0.35 < noon


def test_waves_move_on_water_only_and_stay_slight() -> None:
    which = torch.tensor([backdrops.index_of("water", "noon"), backdrops.index_of("forest", "night")])
    moving = backdrops.living(which, torch.tensor([0, 8]), torch.tensor([0.5, 0.5]), 64, 36)
    assert moving.shape == (2, 1, 2, 36, 64)
    assert float(moving.abs().max()) < 0.08
    assert float((moving[0, 0, 0] - moving[0, 0, 1]).abs().max()) > 0.01
    assert float(moving[1].abs().max()) == 0.0
