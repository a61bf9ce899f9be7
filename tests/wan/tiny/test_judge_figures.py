from __future__ import annotations

import random

import pytest
import torch

from wan.tiny import figures
from wan.tiny.judge_figures import read_joints

FRAMES = (0, 11, 22)


def _drawn(look: figures.FigureLook, dance: figures.Motion) -> tuple[torch.Tensor, torch.Tensor]:
    joints = figures.joints_of([dance], FRAMES)
    ones = torch.ones(1)
    video = figures.draw_figures([look], joints, ones * dance.size, ones, torch.rand(1, len(FRAMES)))[0]
    return ((video[0] + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 3, 0), joints[0]


@pytest.mark.parametrize("seed", range(4))
def test_joints_are_read_where_they_were_drawn(seed: int) -> None:
    look, dance = figures.random_look(random.Random(seed), held_out=bool(seed % 2)), figures.random_motion(seed)
    clip, truth = _drawn(look, dance)
    found = read_joints(clip, look)
    assert found is not None
    error = (found - truth).norm(dim=-1) / figures.STANDING
    assert error.nanmean() < 0.02
    assert error.isnan().float().mean() < 0.1


def test_what_shows_no_figure_of_the_look_is_refused() -> None:
    look = figures.random_look(random.Random(0), held_out=False)
    clip, _ = _drawn(look, figures.random_motion(0))
    blank = torch.full_like(clip, 128)
    noise = torch.randint(0, 256, clip.shape, generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    assert read_joints(blank, look) is None
    assert read_joints(noise, look) is None
    nobody = figures.draw_figures(
        [look], torch.full((1, 3, 15, 2), -5.0), torch.ones(1), torch.ones(1), torch.zeros(1, 3)
    )[0]
    assert read_joints(((nobody[0] + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 3, 0), look) is None
