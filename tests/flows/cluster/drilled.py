"""A renderer that dies, hangs or fails at a stage and step that it is told, and otherwise is the one that it wraps."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flows.cluster.renderers import Option, Renderer, RendererSpec, Report, build_renderer
from flows.errors import Stopped
from flows.planning.model import Clip
from flows.store import ClipRecord, Store
from wan.errors import NumbersError

KIND = "tests.flows.cluster.drilled:DrilledRenderer"


def drilled(
    spec: RendererSpec,
    folder: Path,
    *,
    trouble: str,
    stage: str,
    step: int = 1,
    times: int = 1,
    prompt: str = "",
    one_worker: bool = False,
) -> RendererSpec:
    """The spec of a renderer as `spec` has it that gets into trouble when it tells that `step` of `stage` is done.

    `trouble` is a key of `TROUBLES`. It happens `times` times in all, whichever process gets there, with clips whose
    prompt has `prompt` in it; `one_worker`: with none but the worker that got there first, whatever process it is.
    `folder` is where they count, and where each says which steps it took (`steps_taken`).
    """
    options = {f"wrapped_{name}": value for name, value in spec.options.items()}
    told = {"kind": spec.kind, "folder": str(folder), "trouble": trouble, "stage": stage, "step": step, "times": times}
    return RendererSpec(KIND, options | told | {"prompt": prompt, "one_worker": one_worker}, device=spec.device)


def steps_taken(folder: Path) -> list[str]:
    """`stage step`, by all processes, in the order in which they were told."""
    file = folder / "steps.txt"
    return file.read_text().splitlines() if file.exists() else []


def _die(report: Report) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _hang(report: Report) -> None:
    """Deaf, too: as a thread that waits for a driver."""
    threading.Event().wait()


def _wait(report: Report) -> None:
    """Until it is told to stop."""
    while not report.should_stop():
        threading.Event().wait(0.01)
    raise Stopped("stopped while it waited")


def _fail(report: Report) -> None:
    raise RuntimeError("CUDA error: an illegal memory access was encountered, say")


def _spoil(report: Report) -> None:
    raise NumbersError("the latents are no numbers, say")


def _need_room(report: Report) -> None:
    import torch  # here: the stub's clips need none

    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB, say")


def _give_no_numbers(report: Report) -> None:
    """The next step, once: as a GPU does that flips a bit."""
    from wan.sampling.solver import Solver

    sound = Solver.step

    def step(self: Any, velocity: Any, latents: Any) -> Any:
        Solver.step = sound  # type: ignore[method-assign]
        return sound(self, velocity, latents) * float("nan")

    Solver.step = step  # type: ignore[method-assign]


TROUBLES: Mapping[str, Callable[[Report], None]] = {
    "die": _die, "hang": _hang, "wait": _wait, "fail": _fail, "spoil": _spoil,
    "need room": _need_room, "give no numbers": _give_no_numbers,
}  # fmt: skip


class DrilledRenderer:
    """Made by `drilled`."""

    def __init__(
        self,
        *,
        threads: int,
        kind: str,
        folder: str,
        trouble: str,
        stage: str,
        step: int,
        times: int,
        prompt: str,
        one_worker: bool,
        **wrapped: Option,
    ) -> None:
        options = {name.removeprefix("wrapped_"): value for name, value in wrapped.items()}
        self._renderer: Renderer = build_renderer(RendererSpec(kind, options), threads)
        self._folder = Path(folder)
        self._trouble, self._at, self._times = TROUBLES[trouble], (stage, step), times
        self._prompt, self._one_worker, self._clip = prompt, one_worker, ""

    @property
    def warm(self) -> frozenset[str]:
        return self._renderer.warm

    def take_over(self, before: Renderer) -> None:
        self._renderer.take_over(before._renderer if isinstance(before, DrilledRenderer) else before)

    def weigh(self, useful: Mapping[str, float]) -> None:
        self._renderer.weigh(useful)

    def render(self, clip: Clip, store: Store, report: Report) -> ClipRecord:
        self._clip = clip.spec.prompt
        return self._renderer.render(clip, store, _Told(report, self._happened))

    def _happened(self, report: Report, stage: str, step: int) -> None:
        with (self._folder / "steps.txt").open("a") as file:
            file.write(f"{stage} {step}\n")
        if (stage, step) == self._at and self._prompt in self._clip and self._is_my_turn():
            self._trouble(report)

    def _is_my_turn(self) -> bool:
        if self._one_worker and not self._is_first():
            return False
        for number in range(self._times):
            try:
                (self._folder / f"trouble-{number}").touch(exist_ok=False)
            except FileExistsError:
                continue
            return True
        return False

    def _is_first(self) -> bool:
        """Whether this worker, by its name in Ray, is the one that got here before all others."""
        import ray

        name = str(ray.get_runtime_context().get_actor_name())
        note = self._folder / "first"
        try:
            with note.open("x") as file:
                file.write(name)
        except FileExistsError:
            pass
        return note.read_text() == name


class _Told:
    """A report that somebody listens to."""

    def __init__(self, report: Report, happened: Callable[[Report, str, int], None]) -> None:
        self._report, self._happened = report, happened

    def progress(self, stage: str, step: int, steps: int) -> None:
        self._report.progress(stage, step, steps)
        self._happened(self._report, stage, step)

    def should_stop(self) -> bool:
        return self._report.should_stop()
