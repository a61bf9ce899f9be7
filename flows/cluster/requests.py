"""The plan's clips as requests to `wan`: digests become pictures, sounds, videos, weights and carried tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import numpy as np
from safetensors.torch import load
from torch import Tensor

from flows.clips import ClipSpec, HandOff, Medium
from flows.errors import BlobMissing
from flows.fields import hints
from flows.media import StoredVideo, frames_at, load_image, read_audio
from flows.planning.motion import MADE_FROM, PREPARED
from flows.store import Store
from flows.store.handed import handing_clips
from flows.store.prepared import prepared
from wan.request import Audio, ClipRequest, Frames, Image, Lora
from wan.variants import VARIANTS

CARRIED = "carried."
"""Prefix, in a clip's latents blob, of the tensors that the next clip of its shot goes on from."""


def request_of(spec: ClipSpec, store: Store) -> ClipRequest:
    """What the clip asks of a pipeline. Raises BlobMissing, MediaError."""
    given: dict[str, Any] = {name: getattr(spec, name) for name in AS_IT_IS}
    for make in MADE.values():
        for name, value in make(spec, store).items():
            given[name] = (*given.get(name, ()), *value) if name in _SEVERAL else value
    return ClipRequest(**given)


def _first_picture(spec: ClipSpec, store: Store) -> dict[str, Any]:
    return {"image": _picture(store, spec.image)} if spec.image else {}


def _last_picture(spec: ClipSpec, store: Store) -> dict[str, Any]:
    return {"last_image": _picture(store, spec.last_image)} if spec.last_image else {}


def _ends_on(spec: ClipSpec, store: Store) -> dict[str, Any]:
    return {"last_image": handed_off(spec.ends_on, store)} if spec.ends_on else {}


def _loras(spec: ClipSpec, store: Store) -> dict[str, Any]:
    found = (Lora(store.local_path(lora.digest), lora.digest, lora.weight, lora.expert) for lora in spec.loras)
    return {"loras": tuple(found)}


def _goes_on_from(spec: ClipSpec, store: Store) -> dict[str, Any]:
    hand_off, variant = spec.hand_off, VARIANTS[spec.variant]
    if hand_off is None:
        return {}
    if hand_off.what == "carried":
        return {"carried": carried_on(hand_off, store)}
    if hand_off.what == "frames":
        return {"before": frames_before(hand_off, store)}
    frame = handed_off(hand_off, store)
    if hand_off.what == "reference":
        return {"references": (frame,)}
    return {"before": frame[None]} if variant.chained == "carried" else {"image": frame}


def handed_off(hand_off: HandOff, store: Store) -> Image:
    """The frame a clip starts from, ends on, or looks at: of the take that the film shows. Raises BlobMissing."""
    record = handing_clips(hand_off, store)[-1]
    if hand_off.frame in (-1, record.num_frames - 1):
        return _picture(store, record.last_frame)
    return frames_at(store.local_path(record.video), [hand_off.frame])[0]


def frames_before(hand_off: HandOff, store: Store) -> Frames:
    """The last frames that the film shows up to the hand-off, fewer where there are no more: uint8 `[F, H, W, 3]`, bit
    for bit what is in the clips. They reach back through the clips of a take, each frame of which is counted once.
    Raises BlobMissing."""
    clips = handing_clips(hand_off, store)
    stop = hand_off.frame + 1 if hand_off.frame >= 0 else clips[-1].num_frames
    stops = [*(record.num_frames for record in clips[:-1]), stop]
    shown = [(clip, one) for clip, stop in enumerate(stops) for one in range(hand_off.repeated if clip else 0, stop)]
    offsets = hand_off.offsets or reversed(range(hand_off.count))
    wanted = [shown[-1 - offset] for offset in offsets if offset < len(shown)]
    runs = [(clips[clip], [number for _, number in run]) for clip, run in groupby(wanted, key=itemgetter(0))]
    return np.stack([one for clip, numbers in runs for one in frames_at(store.local_path(clip.video), numbers)])


def carried_on(hand_off: HandOff, store: Store) -> Mapping[str, Tensor]:
    """What the clip before carried on. Raises BlobMissing."""
    tensors = load(store.read(handing_clips(hand_off, store)[-1].latents))
    return {name.removeprefix(CARRIED): tensor for name, tensor in tensors.items() if name.startswith(CARRIED)}


def _driven_by(spec: ClipSpec, store: Store) -> dict[str, Any]:
    """Fields of the request by the names of the clip's media; several of one name become a tuple."""
    found: dict[str, Any] = {}
    for medium in spec.media:
        if medium.name == PREPARED:
            found |= _prepared(medium, spec, store)
            continue
        if medium.name == MADE_FROM:
            continue
        made = _READERS[medium.name](medium, spec, store)
        found[medium.name] = (*found.get(medium.name, ()), made) if medium.name in _SEVERAL else made
    return found


def _prepared(medium: Medium, spec: ClipSpec, store: Store) -> dict[str, StoredVideo]:
    """Pose, face, background and mask, made from a driving video before the clip was handed out."""
    videos = prepared(store, medium.digest)
    if videos is None:
        raise BlobMissing(
            "the videos prepared from a driving video are not in the store any more; render the film again"
        )
    return {name: _stored(digest, spec, store) for name, digest in videos.items()}


def _sound(medium: Medium, spec: ClipSpec, store: Store) -> Audio:
    samples, rate = read_audio(store.local_path(medium.digest))
    return Audio(samples, rate)


def _video(medium: Medium, spec: ClipSpec, store: Store) -> StoredVideo:
    return _stored(medium.digest, spec, store)


def _stored(digest: str, spec: ClipSpec, store: Store) -> StoredVideo:
    assert spec.media_fps is not None, "a clip with media says at which rate they are read"
    return StoredVideo(store.local_path(digest), digest, spec.media_fps)


def _picture_of(medium: Medium, spec: ClipSpec, store: Store) -> Image:
    return _picture(store, medium.digest)


_SEVERAL = frozenset({"references"})
_READERS: Mapping[str, Callable[[Medium, ClipSpec, Store], Any]] = MappingProxyType(
    {
        "audio": _sound,
        "pose": _video,
        "face": _video,
        "background": _video,
        "mask": _video,
        "control": _video,
        "video": _video,
        "references": _picture_of,
    }
)

MADE: Mapping[str, Callable[[ClipSpec, Store], dict[str, Any]]] = MappingProxyType(
    {
        "image": _first_picture,
        "last_image": _last_picture,
        "media": _driven_by,
        "hand_off": _goes_on_from,
        "ends_on": _ends_on,
        "loras": _loras,
    }
)
"""Fields of a spec that name blobs, and what reads them into fields of the request; a later one has the last word, and
adds to references."""
ELSEWHERE = frozenset({"variant", "render_epoch", "checkpoint", "numerics", "media_fps", "treated", "anchor"})
"""Fields that choose the pipeline, say how the blobs are read, or what is done with the frames."""
AS_IT_IS = tuple(one.name for one in fields(ClipRequest) if one.name in hints(ClipSpec).keys() - MADE.keys())
"""Fields that spec and request have alike."""


def _picture(store: Store, digest: str) -> Image:
    return load_image(store.local_path(digest))
