"""A shot whose person is moved by a video: what is prepared from it, and the LoRA that relights a replaced person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from flows.clips import ClipLora, Medium
from flows.errors import Problem
from flows.media.treated import versions
from flows.planning.media import Digest
from flows.resolve import Snapshot, full_id
from flows.resolve.needs import choose_variant, part_of
from flows.storyboard.model import Shot, Size
from wan.families import Family
from wan.variants import Variant
from wan.variants.animate.preprocess.key import PreprocessSettings, preprocess_key

PREPARED = "prepared"
"""Name of the medium that stands for the videos prepared from a driving video; its digest is their key in the store
(`flows.store.prepared`)."""
MADE_FROM = "motion"
"""Name of the medium that is that driving video itself; workers do not read it."""
RETARGET = "retarget"
READY_MADE = ("pose", "face", "background", "mask")


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


def _as_read(digest: str, path: Path | None, snapshot: Snapshot) -> str:
    """The digest of a file, and of how it is treated when it is read, if it is."""
    treated = versions(snapshot.treated.get(path, ())) if path is not None else ()
    return hashlib.sha256("\n".join((digest, *treated)).encode()).hexdigest() if treated else digest


def motion_problems(shot: Shot, family: Family, snapshot: Snapshot) -> Iterator[Problem]:
    """Ready-made videos of one motion are equally long, give or take a frame."""
    part = part_of(family, choose_variant(shot, family))
    if shot.motion is None or part is None:
        return
    given = {name: getattr(shot.motion, name) for name in READY_MADE}
    seconds = {name: snapshot.media_seconds[path] for name, path in given.items() if path in snapshot.media_seconds}
    frames = {name: max(1, round(length * part.fps)) for name, length in seconds.items()}
    if frames and max(frames.values()) - min(frames.values()) > 1:
        told = ", ".join(f"{name} {length:.2f} s" for name, length in seconds.items())
        odd = max(frames, key=lambda name: abs(frames[name] - frames[next(iter(frames))]))
        message = f"the videos of a motion are equally long, and these are not: {told}"
        yield Problem(shot.where(f"motion.{odd}"), message, "cut them alike", full_id(shot.scene, shot.id))


def relighting_loras(shot: Shot, variant: Variant, snapshot: Snapshot) -> tuple[ClipLora, ...]:
    """The checkpoint's own, for a person who takes another one's place in a scene."""
    path = snapshot.motion.relighting
    if path is None or shot.motion is None or shot.motion.mode != "replace" or "motion" not in variant.inputs:
        return ()
    return (ClipLora(snapshot.digests[path]),)
