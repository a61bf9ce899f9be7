"""Out of GPU memory: once more, leaner, and said; the picture stays the same."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
import torch

from flows.cluster import placement as placements
from flows.cluster import wan_renderer
from flows.cluster.placement import Room, placement_for, room_of_worker, with_room
from flows.config import compose
from tests.flows.cluster.clips import clip
from tests.flows.made import changed
from wan.placement import Placement
from wan.request import Numerics


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


def test_an_error_that_says_nothing_is_no_other_error() -> None:
    def run(placement: Placement) -> str:
        if placement == "resident":
            raise torch.OutOfMemoryError
        return placement

    assert with_room(run, "resident", lambda: None) == "expert_swap"


def test_a_second_time_is_an_error() -> None:
    tried: list[Placement] = []
    with pytest.raises(torch.OutOfMemoryError):
        with_room(_short_of_memory("low_vram", tried), "resident", lambda: None)  # type: ignore[arg-type]
    assert tried == ["resident", "expert_swap"]


def test_the_leanest_has_no_other() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        with_room(_short_of_memory("resident", []), "low_vram", lambda: None)  # type: ignore[arg-type]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two GPUs of 140 GB, 32 cores, 256 GB."""
    monkeypatch.setattr(placements, "cores", lambda: 32)
    monkeypatch.setattr(placements, "memory_bytes", lambda: 256 * 10**9)
    monkeypatch.setattr(placements, "_gpus", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(total_memory=140 * 10**9))


GPU = torch.device("cuda")
CPU = torch.device("cpu")


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("share", "workers", "room"),
    [
        (1.0, 0, Room(140 * 10**9, 128 * 10**9)),  # one on each GPU
        (1.0, 1, Room(140 * 10**9, 256 * 10**9)),  # alone
        (0.5, 0, Room(70 * 10**9, 64 * 10**9)),  # two on each
        (0.5, 3, Room(70 * 10**9, 256 * 10**9 // 3)),
        (0.01, 0, Room(int(1.4 * 10**9), 8 * 10**9)),  # as many as there are cores
    ],
)
def test_workers_share_the_memory_of_a_gpu_and_of_the_machine(share: float, workers: int, room: Room) -> None:
    assert room_of_worker(GPU, threads=1, gpu_share=share, workers=workers) == room


@pytest.mark.usefixtures("machine")
def test_workers_on_a_cpu_share_the_machine() -> None:
    assert room_of_worker(CPU, threads=8, gpu_share=1.0, workers=0) == Room(64 * 10**9, 64 * 10**9)


@pytest.mark.usefixtures("machine")
def test_half_a_gpu_gets_a_leaner_placement() -> None:
    one = changed(clip("a"), variant="t2v-a14b", width=832, height=480, num_frames=81, numerics=Numerics("bf16"))

    def chosen(share: float) -> str:
        room = room_of_worker(GPU, threads=1, gpu_share=share, workers=2)
        return placement_for("auto", one, GPU, 70 * 10**9, room)

    assert (chosen(1.0), chosen(0.5), chosen(0.2)) == ("resident", "expert_swap", "offload")
    room = room_of_worker(GPU, threads=1, gpu_share=0.5, workers=2)
    assert placement_for("resident", one, GPU, 70 * 10**9, room) == "resident"  # as asked


@pytest.mark.parametrize(("asked", "share"), [(0, 1.0), (0.5, 0.5), (1, 1.0)])
def test_a_workers_share_is_what_the_settings_ask_for(asked: float, share: float) -> None:
    settings = compose([f"cluster.gpus_per_worker={asked}", "cluster.max_workers=3"]).settings
    options = wan_renderer(settings).options
    assert (options["gpu_share"], options["workers"]) == (share, 3)
