"""Pose, face, background and mask videos, made of a driving video by the worker that renders the first clip of it.

What is made is filed under the planned key, which covers everything that decides it: other clips, films and machines
find it there. The pool gives clips of one key to one worker until they are there (`flows.cluster.queue`); should two
pools prepare the same video at once, the videos are the same.
"""

from __future__ import annotations

import gc
import logging
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from flows.clips import Medium
from flows.cluster.renderers import Report
from flows.errors import EnvironmentProblem, Stopped, UserError
from flows.events import MOTION
from flows.media import ForwardVideo, StoredVideo, load_image, probe_image, probe_video, write_clip
from flows.media.treated import as_read
from flows.planning.model import Clip
from flows.planning.motion import MADE_FROM, PREPARED, RETARGET, prepared_key
from flows.resolve.motion import motion_models
from flows.store import Store
from flows.store.prepared import is_prepared, put_prepared
from wan.errors import CheckpointError, RequestError
from wan.variants.animate.preprocess.key import PreprocessSettings, preprocess_key

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from wan.request import Frames, Video
    from wan.variants.animate.preprocess.models import PreprocessModels
    from wan.variants.animate.preprocess.prepare import Prepared

_log = logging.getLogger(__name__)
_READ_AT_ONCE = 32


def prepare_motion(clip: Clip, store: Store, root: Path | None, device: torch.device, report: Report) -> None:
    """Prepare what this clip needs and the store does not have; each video is stored without loss. `root`: where the
    models lie, `model.root`. The last step of the stage `MOTION` is told when the videos are there.

    Raises UserError for a video without a person in it, CheckpointError for models that are missing or not those that
    were planned with, BlobMissing, StoreError, Stopped.
    """
    key = prepared_key(clip)
    if key is None:
        return
    if not is_prepared(store, key):
        try:
            _prepare(clip, key, store, root, device, report)
        except BaseException as error:
            for raised in (error, error.__context__):
                traceback.clear_frames(raised.__traceback__ if raised else None)  # they hold the models
            raise
        finally:
            _give_back()
    report.progress(MOTION, 1, 1)


def _prepare(clip: Clip, key: str, store: Store, root: Path | None, device: torch.device, report: Report) -> None:
    from wan.variants.animate.preprocess.prepare import preprocess

    report.progress(MOTION, 0, 1)
    driving = _medium(clip, MADE_FROM)
    source = store.local_path(driving.digest)
    assert clip.spec.image is not None, "a plan has no motion without the picture of a person"
    picture = store.local_path(clip.spec.image)
    settings = PreprocessSettings(
        mode="replace" if driving.option == "replace" else "animate",
        size=(clip.spec.width, clip.spec.height),
        fps=clip.fps,
        retarget=_medium(clip, PREPARED).option == RETARGET,
    )
    models = _load(root, device, replaces=settings.mode == "replace")
    _check_key(key, source, driving.digest, picture, clip.spec.image, models, settings)
    video = _Watched(ForwardVideo(StoredVideo(source, driving.digest, clip.fps)), report)
    try:
        made = preprocess(video, load_image(picture), models, settings, key=key)
        videos = _stored(made, clip.fps, store)
    except RequestError as error:
        raise UserError(f"{source}: {error}") from error
    if made.people > 1:
        _log.warning("%s: up to %d people are seen at once; the largest in the middle is followed", source, made.people)
    put_prepared(store, key, videos)


def _load(root: Path | None, device: torch.device, *, replaces: bool) -> PreprocessModels:
    """The detectors and, to replace somebody, SAM 2. A machine without them can render other variants."""
    from wan.variants.animate.preprocess.models import load_models

    try:
        folders = motion_models(root, replaces=replaces)
    except EnvironmentProblem as error:
        raise CheckpointError(str(error)) from error
    return load_models(*folders, device=str(device))


def _check_key(
    key: str,
    source: Path,
    driving: str,
    picture: Path,
    person: str,
    models: PreprocessModels,
    settings: PreprocessSettings,
) -> None:
    """What is prepared is kept for good under the planned key. Raises CheckpointError where it would be another."""
    video = as_read(driving, probe_video(source).treated)
    fitted = as_read(person, probe_image(picture).treated) if settings.retarget else None
    if preprocess_key(video, fitted, models.digest, settings) != key:
        raise CheckpointError(
            "the models that read a motion are not those that the film was planned with; give all machines the same "
            "files and the same wanflow"
        )


def _give_back() -> None:
    """The GPU's memory: the clip is rendered with all of it."""
    gc.collect()
    torch.cuda.empty_cache()  # does nothing where no GPU was used


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


class _Watched:
    """A driving video that tells how far it was read: a long one takes minutes, and whoever stops need not wait."""

    def __init__(self, video: Video, report: Report) -> None:
        self._video = video
        self._report = report
        self.num_frames = video.num_frames
        self.digest = video.digest

    def frames(self, start: int, stop: int) -> Frames:
        if self._report.should_stop():
            raise Stopped("stopped while a driving video was read")
        self._report.progress(MOTION, start, self.num_frames + 1)
        return self._video.frames(start, stop)
