"""The renderer that gets into trouble on demand gets into it where it is told to, as often, and not elsewhere."""

from __future__ import annotations

import multiprocessing
import signal
from pathlib import Path

import pytest
import torch

from flows.cluster.renderers import RendererSpec, build_renderer
from flows.errors import Stopped
from flows.store import open_store
from tests.flows.cluster.clips import real_clip
from tests.flows.cluster.drilled import drilled, steps_taken
from tests.flows.cluster.test_stub import Report
from wan.errors import NumbersError
from wan.sampling.solver import Solver

STUB = RendererSpec("stub", {"steps": 4, "checkpoint_seconds": 1e-9})


def render(spec: RendererSpec, folder: Path, report: Report | None = None) -> None:
    build_renderer(spec, 1).render(real_clip("a"), open_store(str(folder / "store")), report or Report())


@pytest.mark.parametrize(("trouble", "error"), [("fail", RuntimeError), ("spoil", NumbersError), ("wait", Stopped)])
def test_it_happens_at_its_step_and_so_often(tmp_path: Path, trouble: str, error: type[Exception]) -> None:
    spec = drilled(STUB, tmp_path, trouble=trouble, stage="denoise", step=2, times=2)
    for _ in range(2):
        with pytest.raises(error):
            render(spec, tmp_path, Report(stop_after=2))
        for name in (tmp_path / "store" / "checkpoints").iterdir():
            name.unlink()
    assert steps_taken(tmp_path) == ["denoise 1", "denoise 2"] * 2
    render(spec, tmp_path)
    assert steps_taken(tmp_path)[4:] == ["denoise 1", "denoise 2", "denoise 3", "denoise 4", "write 0"]


def test_it_happens_to_clips_whose_prompt_says_so_alone(tmp_path: Path) -> None:
    other = drilled(STUB, tmp_path, trouble="fail", stage="write", step=0, prompt="b")
    render(other, tmp_path)
    with pytest.raises(RuntimeError):
        render(drilled(STUB, tmp_path, trouble="fail", stage="write", step=0, prompt="a"), tmp_path)


def test_no_room_is_what_torch_says_of_it(tmp_path: Path) -> None:
    with pytest.raises(torch.OutOfMemoryError, match="CUDA out of memory"):
        render(drilled(STUB, tmp_path, trouble="need room", stage="denoise", step=2), tmp_path)


def test_the_next_step_gives_no_numbers_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Solver, "step", lambda self, velocity, latents: latents)
    render(drilled(STUB, tmp_path, trouble="give no numbers", stage="denoise", step=2), tmp_path)
    solver, latents = object.__new__(Solver), torch.ones(2)
    given = [bool(solver.step(latents, latents).isnan().all()) for _ in range(2)]
    assert given == [True, False]


@pytest.mark.parametrize(
    ("stage", "step", "again"),
    [("denoise", 1, ["1", "2", "3", "4"]), ("denoise", 3, ["3", "4"]), ("write", 0, ["4"])],
)
def test_a_process_that_is_killed_costs_the_steps_since_its_checkpoint(
    tmp_path: Path, stage: str, step: int, again: list[str]
) -> None:
    spec = drilled(STUB, tmp_path, trouble="die", stage=stage, step=step)
    process = multiprocessing.get_context("forkserver").Process(target=render, args=(spec, tmp_path))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    taken = len(steps_taken(tmp_path))
    render(spec, tmp_path)
    assert steps_taken(tmp_path)[taken:] == [*(f"denoise {each}" for each in again), "write 0"]
