from __future__ import annotations

import random

import pytest
import torch

from wan.tiny import faces
from wan.tiny.judge_faces import read_mouth


def _drawn(face: faces.FaceStaging, opening: torch.Tensor) -> torch.Tensor:
    video = faces.draw_faces([face], opening[None])[0]
    return ((video[0] + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 3, 0)


@pytest.mark.parametrize("seed", range(8))
def test_mouths_are_read_as_they_were_drawn(seed: int) -> None:
    face = faces.stage_face(random.Random(seed).choice(faces.all_looks()), seed)
    opening = torch.rand(9, generator=torch.Generator().manual_seed(seed))
    read = read_mouth(_drawn(face, opening))
    assert read is not None
    assert (read - opening).abs().max() < 0.04


def test_what_shows_no_face_is_refused() -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (9, 128, 256, 3), generator=generator, dtype=torch.uint8)
    blank = torch.full((9, 128, 256, 3), 128, dtype=torch.uint8)
    hidden = _drawn(faces.FaceStaging(faces.all_looks()[0], -3.0, 0.5, 0.35, 0.0, 0.0), torch.zeros(9))
    assert [read_mouth(clip) for clip in (noise, blank, hidden)] == [None, None, None]
