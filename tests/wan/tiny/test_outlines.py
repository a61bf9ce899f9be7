from __future__ import annotations

import torch

from wan.tiny import outlines
from wan.tiny.world import SHAPES


def test_every_outline_is_nearest_to_itself() -> None:
    known = outlines.templates("cpu")[:, 1]
    overlap = (known[:, None] * known).sum((-1, -2)) / torch.maximum(known[:, None], known).sum((-1, -2))
    assert overlap.argmax(1).tolist() == list(range(len(SHAPES)))
    others = overlap - torch.eye(len(SHAPES))
    assert float(others.max()) < 0.9
