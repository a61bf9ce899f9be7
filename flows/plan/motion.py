"""A shot whose person is moved by a video: what is prepared from it, and the LoRA that relights a replaced person."""

from __future__ import annotations

from flows.plan.media import Digest
from flows.plan.model import ClipLora, Medium
from flows.resolve import Snapshot
from flows.storyboard.model import Shot, Size
from wan.animate.preprocess.key import PreprocessSettings, preprocess_key
from wan.variants import Variant

PREPARED = "prepared"
"""Name of the medium that stands for the videos prepared from a driving video; its digest is their key in the store
(`flows.store.prepared`)."""
MADE_FROM = "motion"
"""Name of the medium that is that driving video itself; workers do not read it."""
RETARGET = "retarget"


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
    key = preprocess_key(video, digest(shot.image), models, settings)
    return (Medium(PREPARED, key, RETARGET if motion.retarget else ""),)


def relighting_loras(shot: Shot, variant: Variant, snapshot: Snapshot) -> tuple[ClipLora, ...]:
    """The checkpoint's own, for a person who takes another one's place in a scene."""
    path = snapshot.motion.relighting
    if path is None or shot.motion is None or shot.motion.mode != "replace" or "motion" not in variant.inputs:
        return ()
    return (ClipLora(snapshot.digests[path]),)
