"""A shot whose person is moved by a video: what is prepared from it, and the LoRA that relights a replaced person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flows.clips import ClipLora, Medium
from flows.errors import Problem
from flows.media.treated import as_read
from flows.planning.media import Digest
from flows.planning.model import Clip
from flows.resolve import Snapshot
from flows.shots import choose_variant, part_of
from flows.shots.inputs import GROUPS
from flows.storyboard.model import Shot, Size
from wan.families import Family
from wan.variants import Variant
from wan.variants.animate.preprocess.key import PreprocessSettings, preprocess_key

PREPARED = "prepared"
"""Name of the medium that stands for the videos prepared from a driving video; its digest is their key in the store
(`flows.store.prepared`)."""
MADE_FROM = "motion"
"""Name of the medium that is that driving video itself; only what prepares it reads it."""
RETARGET = "retarget"
READY_MADE = tuple(row for row in GROUPS["motion"] if row.name != MADE_FROM)
"""The videos that can be given instead of a driving one."""


def prepared_media(
    shot: Shot, variant: Variant, snapshot: Snapshot, digest: Digest, size: Size, fps: float
) -> tuple[Medium, ...]:
    """What stands for the videos that have to be prepared before the shot's clips can be rendered."""
    motion = shot.motion
    if motion is None or motion.video is None or "motion" not in variant.inputs:
        return ()
    models = snapshot.motion.models.get(motion.mode)
    video = digest(motion.video)
    if models is None or video is None:
        return ()
    settings = PreprocessSettings(mode=motion.mode, size=(size.width, size.height), fps=fps, retarget=motion.retarget)
    picture = digest(shot.image)
    key = preprocess_key(
        _as_read(video, motion.video, snapshot), picture and _as_read(picture, shot.image, snapshot), models, settings
    )
    return (Medium(PREPARED, key, RETARGET if motion.retarget else ""),)


def prepared_key(clip: Clip) -> str | None:
    """The key of the videos that the clip needs to have been prepared; None: it needs none."""
    return next((medium.digest for medium in clip.spec.media if medium.name == PREPARED), None)


def _as_read(digest: str, path: Path | None, snapshot: Snapshot) -> str:
    return digest if path is None else as_read(digest, snapshot.treated.get(path, ()))


def motion_problems(shot: Shot, family: Family, snapshot: Snapshot) -> Iterator[Problem]:
    """Ready-made videos of one motion are equally long, give or take a frame."""
    part = part_of(family, choose_variant(shot, family))
    if shot.motion is None or part is None:
        return
    given = {row.name: path for row in READY_MADE for path in row.files(shot)}
    seconds = {name: snapshot.media_seconds[path] for name, path in given.items() if path in snapshot.media_seconds}
    frames = {name: max(1, round(length * part.fps)) for name, length in seconds.items()}
    if frames and max(frames.values()) - min(frames.values()) > 1:
        lengths = ", ".join(f"{name} {length:.2f} s" for name, length in seconds.items())
        odd = max(frames, key=lambda name: abs(frames[name] - frames[next(iter(frames))]))
        message = f"the videos of a motion are equally long, and these are not: {lengths}"
        yield Problem(shot.where(f"motion.{odd}"), message, "cut them alike", shot.full_id)


def relighting_loras(shot: Shot, variant: Variant, snapshot: Snapshot) -> tuple[ClipLora, ...]:
    """The checkpoint's own, for a person who takes another one's place in a scene."""
    path = snapshot.motion.relighting
    if path is None or shot.motion is None or shot.motion.mode != "replace" or "motion" not in variant.inputs:
        return ()
    return (ClipLora(snapshot.digests[path]),)
