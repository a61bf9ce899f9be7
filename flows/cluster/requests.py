"""The plan's clips as requests to `wan`: digests become pictures, sounds, videos, weights and carried tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
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
from flows.store import ClipRecord, Store
from flows.store.choice import weakest
from flows.store.prepared import prepared
from wan.request import Audio, ClipRequest, Frames, Image, Lora
from wan.variants import VARIANTS, Variant

CARRIED = "carried."
"""Prefix, in a clip's latents blob, of the tensors that the next clip of its shot goes on from."""


def request_of(spec: ClipSpec, store: Store) -> ClipRequest:
    """What the clip asks of a pipeline. Raises BlobMissing, MediaError."""
    given: dict[str, Any] = {name: getattr(spec, name) for name in AS_IT_IS}
    for make in MADE.values():
        given |= make(spec, store)
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
        return {"before": frames_before(hand_off, store, variant)}
    frame = handed_off(hand_off, store)
    return {"before": frame[None]} if variant.chained == "carried" else {"image": frame}


def handed_off(hand_off: HandOff, store: Store) -> Image:
    """The frame a clip starts from, or ends on: of the take that the film shows, the first among equals.

    Raises BlobMissing when a take lacks a record: the pool would have rendered it first.
    """
    record = _up_to_the_frame(hand_off, store)[-1]
    if hand_off.frame in (-1, record.num_frames - 1):
        return _picture(store, record.last_frame)
    return frames_at(store.local_path(record.video), [hand_off.frame])[0]


def frames_before(hand_off: HandOff, store: Store, variant: Variant) -> Frames:
    """The last frames that the film shows up to the hand-off, as many as `variant` takes, fewer where there are no
    more: uint8 `[F, H, W, 3]`. They reach back through the clips of a take, which repeat frames of each other as those
    of `variant` do. Raises BlobMissing."""
    *earlier, record = _up_to_the_frame(hand_off, store)
    count = variant.carried_frames
    stop = hand_off.frame + 1 if hand_off.frame >= 0 else record.num_frames
    found = _frames(record, max(0, stop - count), stop, store)
    for record in reversed(earlier):
        missing = count - len(found)
        stop = record.num_frames - variant.overlap
        if missing > 0:
            found = np.concatenate([_frames(record, max(0, stop - missing), stop, store), found])
    return found


def _frames(record: ClipRecord, start: int, stop: int, store: Store) -> Frames:
    return np.stack(frames_at(store.local_path(record.video), list(range(start, stop))))


def carried_on(hand_off: HandOff, store: Store) -> Mapping[str, Tensor]:
    """What the clip before carried on. Raises BlobMissing."""
    tensors = load(store.read(_best(hand_off, store)[-1].latents))
    return {name.removeprefix(CARRIED): tensor for name, tensor in tensors.items() if name.startswith(CARRIED)}


def _up_to_the_frame(hand_off: HandOff, store: Store) -> list[ClipRecord]:
    """The clips of the best take up to the one that the handed-off frame lies in."""
    best = _best(hand_off, store)
    return best[: len(best) - hand_off.back]


def _best(hand_off: HandOff, store: Store) -> list[ClipRecord]:
    """The take whose weakest clip is best, as `flows.edit.timeline.chosen_take` has it: those of its clips that the
    hand-off reads."""
    needed = frozenset(hand_off.upstream)
    takes = [_records([name for name in take if name in needed], store) for take in hand_off.takes]
    return max(takes, key=lambda clips: weakest(clips).quality)


def _records(names: Sequence[str], store: Store) -> list[ClipRecord]:
    records = [store.record(name) for name in names]
    found = [record for record in records if record is not None]
    if len(found) < len(records):
        raise BlobMissing("a clip that this one starts from is not in the store any more; render the film again")
    return found


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
        "hand_off": _goes_on_from,
        "ends_on": _ends_on,
        "media": _driven_by,
        "loras": _loras,
    }
)
"""Fields of a spec that name blobs, and what reads them into fields of the request; a later one has the last word."""
ELSEWHERE = frozenset({"variant", "render_epoch", "checkpoint", "numerics", "media_fps", "treated"})
"""Fields that choose the pipeline, or say how the blobs are read."""
AS_IT_IS = tuple(one.name for one in fields(ClipRequest) if one.name in hints(ClipSpec).keys() - MADE.keys())
"""Fields that spec and request have alike."""


def _picture(store: Store, digest: str) -> Image:
    return load_image(store.local_path(digest))
