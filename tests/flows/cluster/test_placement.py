"""Out of GPU memory: once more, leaner, and said; the picture stays the same."""

from __future__ import annotations

import logging

import pytest
import torch

from flows.cluster.placement import with_room
from wan.placement import Placement


def _short_of_memory(until: Placement, tried: list[Placement]) -> object:
    def run(placement: Placement) -> str:
        tried.append(placement)
        if placement != until:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return "rendered"

    return run


def test_the_next_leaner_placement_is_tried_once_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    tried: list[Placement] = []
    freed: list[bool] = []
    with caplog.at_level(logging.WARNING):
        assert with_room(_short_of_memory("expert_swap", tried), "resident", lambda: freed.append(True)) == "rendered"  # type: ignore[arg-type]
    assert tried == ["resident", "expert_swap"]
    assert freed == [True]
    assert "placement=resident (CUDA out of memory" in caplog.text
    assert "going on with placement=expert_swap" in caplog.text


def test_a_second_time_is_an_error() -> None:
    tried: list[Placement] = []
    with pytest.raises(torch.OutOfMemoryError):
        with_room(_short_of_memory("low_vram", tried), "resident", lambda: None)  # type: ignore[arg-type]
    assert tried == ["resident", "expert_swap"]


def test_the_leanest_has_no_other() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        with_room(_short_of_memory("resident", []), "low_vram", lambda: None)  # type: ignore[arg-type]
