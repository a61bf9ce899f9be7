"""Pose, face, background and mask videos, made from driving videos before any worker is asked for a clip."""

from __future__ import annotations

import gc
import logging
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.clips import Medium
from flows.errors import BlobCorrupt, BlobMissing, EnvironmentProblem, UserError
from flows.events import Event, Log, Progress
from flows.film.survey import unchanged
from flows.media import ForwardVideo, StoredVideo, load_image, write_clip
from flows.planning.model import Clip, Plan
from flows.planning.motion import MADE_FROM, PREPARED, RETARGET
from flows.resolve.motion import motion_models
from flows.store.prepared import prepared, put_prepared
from flows.store.protocol import Store
from wan.errors import CheckpointError, RequestError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from wan.request import Video
    from wan.variants.animate.preprocess.key import Mode
    from wan.variants.animate.preprocess.models import PreprocessModels
    from wan.variants.animate.preprocess.prepare import Prepared

STAGE = "motion"
_READ_AT_ONCE = 32


def prepare_motions(plan: Plan, store: Store, clips: Sequence[Clip], on_event: Callable[[Event], None]) -> None:
    """Prepare what these clips need and the store does not have; each video is stored without loss.

    Raises UserError for a video without a person in it, MediaError for one that is gone or has changed since it was
    planned with, EnvironmentProblem for missing models, StoreError.
    """
    wanted = {medium.digest: clip for clip in clips for medium in clip.spec.media if medium.name == PREPARED}
    missing = [(key, clip) for key, clip in wanted.items() if not _is_there(store, key)]
    if not missing:
        return
    try:
        _prepare_all(plan, store, missing, on_event)
    except BaseException as error:
        for raised in (error, error.__context__):
            traceback.clear_frames(raised.__traceback__ if raised else None)  # they hold the models
        raise
    finally:
        _give_back()


def _prepare_all(
    plan: Plan, store: Store, missing: Sequence[tuple[str, Clip]], on_event: Callable[[Event], None]
) -> None:
    models = _load(plan, replaces=any(_mode(clip) == "replace" for _, clip in missing))
    for number, (key, clip) in enumerate(missing):
        on_event(Progress("", STAGE, number, len(missing)))
        _prepare(plan, store, key, clip, models, on_event)
        on_event(Progress("", STAGE, number + 1, len(missing)))


def _load(plan: Plan, *, replaces: bool) -> PreprocessModels:
    """The detectors and, to replace somebody, SAM 2: once for all videos."""
    from wan.load import find_device
    from wan.variants.animate.preprocess.models import load_models

    try:
        folders = motion_models(plan.settings.model.root, replaces=replaces)
        return load_models(*folders, device=str(find_device(plan.settings.render.device)))
    except CheckpointError as error:
        raise EnvironmentProblem(str(error)) from error


def _mode(clip: Clip) -> Mode:
    return "replace" if _medium(clip, MADE_FROM).option == "replace" else "animate"


def _give_back() -> None:
    """The GPU's memory: workers on this machine plan with all of it."""
    import torch

    gc.collect()
    torch.cuda.empty_cache()  # does nothing where no GPU was used


def _is_there(store: Store, key: str) -> bool:
    videos = prepared(store, key)
    return videos is not None and all(_has(store, digest) for digest in videos.values())


def _has(store: Store, digest: str) -> bool:
    try:
        store.local_path(digest)
    except (BlobMissing, BlobCorrupt):
        return False
    return True


def _prepare(
    plan: Plan, store: Store, key: str, clip: Clip, models: PreprocessModels, on_event: Callable[[Event], None]
) -> None:
    from wan.variants.animate.preprocess.key import PreprocessSettings
    from wan.variants.animate.preprocess.prepare import preprocess

    driving, how = _medium(clip, MADE_FROM), _medium(clip, PREPARED)
    # what is prepared is kept for good, by the digest that was planned with
    source = unchanged(Path(plan.assets[driving.digest]), driving.digest)
    settings = PreprocessSettings(
        mode=_mode(clip),
        size=(clip.spec.width, clip.spec.height),
        fps=clip.fps,
        retarget=how.option == RETARGET,
    )
    assert clip.spec.image is not None, "a plan has no motion without the picture of a person"
    try:
        video = ForwardVideo(StoredVideo(source, driving.digest, clip.fps))
        made = preprocess(video, load_image(store.local_path(clip.spec.image)), models, settings, key=key)
    except RequestError as error:
        raise UserError(f"{source}: {error}") from error
    except CheckpointError as error:
        raise EnvironmentProblem(str(error)) from error
    if made.people > 1:
        message = f"{source.name}: up to {made.people} people are seen at once; the largest in the middle is followed"
        on_event(Log("", logging.WARNING, message))
    put_prepared(store, key, _stored(made, clip.fps, store))


def _stored(made: Prepared, fps: float, store: Store) -> dict[str, str]:
    videos = {"pose": made.pose, "face": made.face, "background": made.background, "mask": made.mask}
    with tempfile.TemporaryDirectory(prefix="wanflow-motion-") as folder:
        return {
            name: store.put_file(write_clip(_frames(video), fps, Path(folder) / f"{name}.mkv"))
            for name, video in videos.items()
            if video is not None
        }


def _frames(video: Video) -> Iterator[npt.NDArray[np.uint8]]:
    for start in range(0, video.num_frames, _READ_AT_ONCE):
        yield from video.frames(start, min(start + _READ_AT_ONCE, video.num_frames))


def _medium(clip: Clip, name: str) -> Medium:
    return next(medium for medium in clip.spec.media if medium.name == name)
