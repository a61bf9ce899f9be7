"""Clips rendered by WAN 2.2 pipelines."""

from __future__ import annotations

import gc
import logging
import resource
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import torch
from safetensors.torch import save

from flows.cluster.anchored import Looks, anchored_frames
from flows.cluster.crew import Crew
from flows.cluster.motions import prepare_motion
from flows.cluster.placement import placement_for, room_of_worker, with_room
from flows.cluster.publish import store_clip
from flows.cluster.renderers import Renderer, Report
from flows.cluster.requests import CARRIED
from flows.cluster.warm import WarmModels
from flows.cluster.work import Work
from flows.errors import SettingsError, Stopped
from flows.planning.gangs import layout_of
from flows.planning.model import Clip, model_name
from flows.store import ClipRecord, Store
from wan.errors import Cancelled, CheckpointError, GangError, NumbersError
from wan.families import FAMILIES, Family
from wan.load import check_numerics, find_device, load_pipeline
from wan.parallel.gang import Alone, Gang
from wan.parallel.layout import Layout
from wan.pipeline import Pipeline
from wan.placement import Placement
from wan.placement.parts import gpu_number
from wan.request import Numerics
from wan.state import State
from wan.system.stop import heeding
from wan.weights.checkpoint import Checkpoint

_log = logging.getLogger(__name__)

_Key: TypeAlias = tuple[str, str, Numerics, Placement, Layout]

GPU_SHARE = 0.85
"""Of a GPU's memory for weights; the rest is for what a clip needs while it is rendered."""

HOST_SHARE = 0.5
"""Of a worker's part of the machine's memory for weights, when it renders on the CPU."""


class _Silent:
    """The report of who renders with a leader: the leader tells, and says when to stop."""

    def progress(self, stage: str, step: int, steps: int) -> None:
        pass

    def should_stop(self) -> bool:
        return False


_SILENT = _Silent()


class WanRenderer:
    """Renders with the checkpoints of one family on one device; keeps several variants loaded while they fit."""

    def __init__(
        self,
        *,
        threads: int,
        family: str,
        root: str | None = None,
        device: str = "auto",
        placement: str = "auto",
        numerics: Numerics | None = None,
        gpu_share: float = 1.0,
        workers: int = 0,
        checkpoint_seconds: float = 0.0,
        crew: Crew | None = None,
    ) -> None:
        """`gpu_share` of a GPU is this worker's, and no more of its memory is taken; `workers` is how many the cluster
        was asked for, 0 for as many as fit. `checkpoint_seconds`: how much of its work a clip loses when this worker is
        lost; 0: all. `crew`: the other processes that render each clip with this one, which leads them."""
        if family not in FAMILIES:
            raise SettingsError(f"there is no model family {family!r}; there are {', '.join(FAMILIES)}")
        self._family: Family = FAMILIES[family]
        self._root = Path(root) if root else None
        self._device = find_device(device)
        if numerics is not None:  # what the clips will ask for, tried before any weights are read
            check_numerics(numerics, self._device)
        self._placement, self._crew = placement, crew
        self._checkpoint_seconds = checkpoint_seconds
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        if self._device.type == "cpu":
            torch.set_num_threads(threads)
        self._room = room_of_worker(self._device, threads=threads, gpu_share=gpu_share, workers=workers)
        if self._device.type == "cuda" and gpu_share < 1:
            torch.cuda.set_per_process_memory_fraction(gpu_share, gpu_number(self._device))
        self._budget = int(self._room.device * (GPU_SHARE if self._device.type == "cuda" else HOST_SHARE))
        self._sufficed: dict[tuple[object, ...], Placement] = {}
        self._useful: Mapping[str, float] = {}
        self._models = self._no_models()
        self._looks = Looks()

    @property
    def warm(self) -> frozenset[str]:
        """The models that are loaded, by `Clip.model`."""
        return frozenset(map(_model, self._models.keys))

    def weigh(self, useful: Mapping[str, float]) -> None:
        """If room is needed, the least useful goes first; one of which nothing is said is of no use."""
        self._useful = useful

    def take_over(self, before: Renderer) -> None:
        """The models that another one holds on the same device, whatever film they were loaded for: a model is known by
        its variant, its checkpoint's revision, its numerics and its placement."""
        if isinstance(before, WanRenderer) and (before._device, before._budget) == (self._device, self._budget):
            self._models, self._sufficed = before._models, before._sufficed
            self._models.weighed_by(self._worth)

    def render(self, clip: Clip, store: Store, report: Report) -> ClipRecord:
        """Prepare a driving video, load, encode, denoise, decode, and write the blobs. When a GPU's memory does not
        suffice, it goes on from the last finished step in the next leaner placement; when another worker has left a
        checkpoint, from that.

        Raises Stopped, from a step that was begun too, when the last finished one is kept; CheckpointError when the
        weights here are not those that were planned with; RequestError, NumbersError, StoreError; of a crew GangError,
        when the last finished step is kept, MemberFault, Disbanded.
        """
        work = Work(clip, store, report, self._checkpoint_seconds, self._writer)
        try:
            return self._rendered(clip, store, report, work)
        except Cancelled:
            pass  # left behind here: it holds what was begun, tensors and half a model
        except NumbersError:
            work.forget()
            raise
        except GangError:
            _keep(work)
            raise
        self._free_memory()
        work.hand_back()
        raise Stopped("stopped" if work.state is None else f"stopped after step {work.state.step}")

    def _rendered(self, clip: Clip, store: Store, report: Report, work: Work) -> ClipRecord:
        with heeding(report.should_stop):
            checkpoint = self._checkpoint(clip)
        self._prepare_motion(clip, store, report)
        kind = (clip.spec.variant, clip.spec.width, clip.spec.height, clip.spec.num_frames, clip.numerics)
        first = self._sufficed.get(kind) or placement_for(
            self._placement, clip, self._device, _weight_bytes(checkpoint), self._room
        )

        def render(placement: Placement) -> ClipRecord:
            record = self._render(clip, checkpoint, store, report, placement, work)
            self._sufficed[kind] = placement  # the next clip like this one does not run out of memory first
            return record

        if self._crew is None:
            return with_room(render, first, self._drop_models)
        layout = layout_of(clip.spec, self._crew.members)
        with self._crew.at_work(clip, layout, first, str(self._device)) as gang:
            return self._render(clip, checkpoint, store, report, first, work, gang)

    def follow(self, clip: Clip, store: Store, gang: Gang, placement: Placement) -> None:
        """`flows.cluster.crew.Follower`."""
        work = Work(clip, store, _SILENT, self._checkpoint_seconds, self._writer, leads=False)
        pipeline, state = self._denoised(clip, None, _SILENT, placement, work, gang)
        if gang.share.rows.ranks > 1:  # else the leader decodes by itself
            pipeline.finish(state)

    def _denoised(
        self,
        clip: Clip,
        checkpoint: Checkpoint | None,
        report: Report,
        placement: Placement,
        work: Work,
        gang: Gang | None,
    ) -> tuple[Pipeline, State]:
        """`checkpoint` is None where it was not looked at yet."""
        with work.stages.stage("load"), (gang or Alone()).apart():
            pipeline = self._pipeline(clip, checkpoint or self._checkpoint(clip), placement, report, gang)
            _reset_peak(self._device)
        begun = work.begun(pipeline)
        with work.stages.stage("denoise"):
            state = pipeline.advance(
                begun,
                on_step=lambda step, steps: report.progress("denoise", step, steps),
                on_state=work.keep,
                should_stop=report.should_stop,
            )
        return pipeline, state

    def _render(
        self,
        clip: Clip,
        checkpoint: Checkpoint,
        store: Store,
        report: Report,
        placement: Placement,
        work: Work,
        gang: Gang | None = None,
    ) -> ClipRecord:
        pipeline, state = self._denoised(clip, checkpoint, report, placement, work, gang)
        with work.stages.stage("decode"):
            result = pipeline.finish(state, should_stop=report.should_stop)
            frames = anchored_frames(clip, result.frames, store, self._looks)
            report.progress("decode", 1, 1)
        work.settle()
        report.progress("write", 0, 1)
        kept = {"latents": state.latents, **{CARRIED + name: tensor for name, tensor in result.carried.items()}}
        latents = save({name: tensor.float().cpu().contiguous().clone() for name, tensor in kept.items()})
        return store_clip(
            store,
            clip,
            frames,
            latents,
            seconds=work.stages.seconds,
            peak_memory_bytes=_peak_bytes(self._device),
            placement=placement,
            determinism=pipeline.determinism,
            members=1 if gang is None else gang.share.layout.ranks,
        )

    def _prepare_motion(self, clip: Clip, store: Store, report: Report) -> None:
        """Beside the models that are held, if there is room."""
        try:
            prepare_motion(clip, store, self._root, self._device, report)
        except torch.OutOfMemoryError:
            self._drop_models()
        else:
            return
        prepare_motion(clip, store, self._root, self._device, report)

    def _checkpoint(self, clip: Clip) -> Checkpoint:
        checkpoint = Checkpoint.open(self._family, clip.spec.variant, self._root)
        if checkpoint.revision != clip.spec.checkpoint:
            raise CheckpointError(
                f"{checkpoint.folder} is not the checkpoint that the film was planned with: its revision is "
                f"{checkpoint.revision[:12]}, the plan says {clip.spec.checkpoint[:12]}; give all machines the same "
                "files"
            )
        return checkpoint

    def _pipeline(
        self, clip: Clip, checkpoint: Checkpoint, placement: Placement, report: Report, gang: Gang | None
    ) -> Pipeline:
        layout = Layout() if gang is None else gang.share.layout

        def load() -> Pipeline:
            report.progress("load", 0, 1)
            loaded = load_pipeline(
                clip.spec.variant,
                checkpoint,
                device=str(self._device),
                numerics=clip.numerics,
                placement=placement,
                gang=gang,
                should_stop=report.should_stop,
            )
            report.progress("load", 1, 1)
            return loaded

        # A pipeline that is not resident wants the device to itself: no other is kept beside it.
        size = _weight_bytes(checkpoint) if placement == "resident" else self._budget
        key = (clip.spec.variant, clip.spec.checkpoint, clip.numerics, placement, layout)
        return self._models.get(key, size, load)

    def _no_models(self) -> WarmModels[_Key, Pipeline]:
        return WarmModels(self._budget, self._free_memory, self._worth)

    def _worth(self, key: _Key) -> float:
        return self._useful.get(_model(key), 0.0)

    def _drop_models(self) -> None:
        self._models = self._no_models()
        self._free_memory()

    def _free_memory(self) -> None:
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()


def _keep(work: Work) -> None:
    """As far as it came, though the others are lost; what they were lost by may have spoilt this GPU, too."""
    try:
        work.hand_back()
    except RuntimeError as error:
        _log.warning("the last step is lost with the gang: %s", error)


def _model(key: _Key) -> str:
    variant, revision, numerics, *_ = key
    return model_name(variant, revision, numerics)


def _weight_bytes(checkpoint: Checkpoint) -> int:
    """What the files take; close to what the loaded weights do when precision on disk and in memory agree."""
    return sum(path.stat().st_size for path in checkpoint.weights)


def _reset_peak(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def _peak_bytes(device: torch.device) -> int:
    """Of the GPU since the clip began; on a CPU, of the process since it began."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
