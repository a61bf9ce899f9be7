"""What a worker renders with: a spec that travels to it, and the table of the kinds it can be built from.

A new kind is one class with the two methods of `Renderer` and one line in `RENDERERS`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, TypeAlias

from flows.cluster.crew import Crew
from flows.planning.model import Clip
from flows.planning.sampling import numerics_for
from flows.settings import Settings
from flows.store import ClipRecord, Store
from wan.families import FAMILIES
from wan.request import Numerics

Option: TypeAlias = str | int | float | bool | Numerics | None

RENDERERS: Mapping[str, str] = MappingProxyType(
    {
        "wan": "flows.cluster.wan_clips:WanRenderer",
        "stub": "flows.cluster.stub:StubRenderer",
    }
)


@dataclass(frozen=True, slots=True)
class RendererSpec:
    """A kind of renderer (a key of `RENDERERS`, or `module:Class`) and its options: plain values that can be pickled.

    `device` decides what a worker asks the cluster for: `cuda` a GPU, `cpu` none, `auto` a GPU where there is one.
    """

    kind: str
    options: Mapping[str, Option] = field(default_factory=dict)
    device: str = "cpu"

    @property
    def eight_bits(self) -> bool:
        """Whether it multiplies in eight bits, which few GPUs can."""
        numerics = self.options.get("numerics")
        return isinstance(numerics, Numerics) and numerics.precision == "fp8"


class Report(Protocol):
    """What a renderer tells while it works, and asks."""

    def progress(self, stage: str, step: int, steps: int) -> None:
        """`step` of `steps` of `stage` (`flows.events.Progress`) is done."""
        ...

    def should_stop(self) -> bool:
        """Whether to raise `flows.errors.Stopped` at the next chance, with what is worth keeping kept. Cheap: asked
        between the blocks of a step."""
        ...


class Renderer(Protocol):
    """Renders one clip at a time, always from the same thread, and keeps models between clips."""

    @property
    def warm(self) -> frozenset[str]:
        """The models that are held now, by `Clip.model`."""
        ...

    def take_over(self, before: Renderer) -> None:
        """Stand in the place of another one in its process: hold the models that it holds, if they can be used here."""
        ...

    def weigh(self, useful: Mapping[str, float]) -> None:
        """What the pool has to do for each of the models held (`flows.cluster.job.Job`): if room is needed, the
        least useful goes first."""
        ...

    def render(self, clip: Clip, store: Store, report: Report) -> ClipRecord:
        """Render, write the blobs, and return the record, not yet published. Raises what went wrong."""
        ...


def wan_renderer(settings: Settings) -> RendererSpec:
    """The renderer that the settings ask for: a WAN family on the device they name."""
    root = str(settings.model.root) if settings.model.root else None
    device = settings.render.device
    options: Mapping[str, Option] = {
        "family": settings.model.family,
        "root": root,
        "device": device,
        "placement": settings.render.placement,
        "numerics": numerics_for(FAMILIES[settings.model.family], settings.render),
        "gpu_share": min(settings.cluster.gpus_per_worker, 1.0) or 1.0,
        "workers": settings.cluster.max_workers * settings.cluster.members,
        "checkpoint_seconds": settings.render.checkpoint_seconds,
    }
    return RendererSpec("wan", options, device=device)


def build_renderer(spec: RendererSpec, threads: int, crew: Crew | None = None) -> Renderer:
    """The renderer of a spec, in the process that will use it; `threads` is how many CPU threads it may use. `crew`:
    who renders each clip with it."""
    module, _, name = RENDERERS.get(spec.kind, spec.kind).partition(":")
    beside = {} if crew is None else {"crew": crew}
    renderer: Renderer = getattr(importlib.import_module(module), name)(threads=threads, **spec.options, **beside)
    return renderer


class Renderers:
    """Those of one process: one at a time, since each counts on all the memory; the next takes over what is loaded.
    Used by the thread that renders."""

    def __init__(self, threads: int, crew_of: Callable[[RendererSpec], Crew | None] = lambda spec: None) -> None:
        self._threads, self._crew_of = threads, crew_of
        self._held: tuple[str, Renderer] | None = None

    def get(self, spec: RendererSpec) -> Renderer:
        """Raises what building it does."""
        key = repr((spec.kind, sorted(spec.options.items(), key=lambda option: option[0])))
        before = self._held
        if before is not None and before[0] == key:
            return before[1]
        renderer = build_renderer(spec, self._threads, self._crew_of(spec))
        if before is not None:
            renderer.take_over(before[1])
        self._held = (key, renderer)
        return renderer
