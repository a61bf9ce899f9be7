"""The plan's clips as requests to `wan`: digests become pictures, sounds, videos, weights and carried tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from safetensors.torch import load
from torch import Tensor

from flows.errors import BlobMissing
from flows.media import StoredVideo, frames_at, load_image, read_audio
from flows.planning.model import Clip, HandOff, Medium
from flows.planning.motion import MADE_FROM, PREPARED
from flows.store import ClipRecord, Store
from flows.store.choice import weakest
from flows.store.prepared import prepared
from wan.request import Audio, ClipRequest, Frames, Image, Lora
from wan.variants import VARIANTS

CARRIED = "carried."
"""Prefix, in a clip's latents blob, of the tensors that the next clip of its shot goes on from."""


def request_of(clip: Clip, store: Store) -> ClipRequest:
    """What the clip asks of a pipeline. Raises BlobMissing, MediaError."""
    image = _picture(store, clip.image) if clip.image else None
    return ClipRequest(
        prompt=clip.prompt,
        negative_prompt=clip.negative_prompt,
        width=clip.width,
        height=clip.height,
        num_frames=clip.num_frames,
        sampling=clip.sampling,
        seed=clip.seed,
        start_frame=clip.start_frame,
        strength=clip.strength,
        control_scale=clip.control_scale,
        camera=clip.camera or "",
        loras=tuple(Lora(store.local_path(lora.digest), lora.digest, lora.weight, lora.expert) for lora in clip.loras),
        last_image=_picture(store, clip.last_image) if clip.last_image else None,
        **{"image": image, **_goes_on_from(clip, store), **_driven_by(clip, store)},
    )


def _goes_on_from(clip: Clip, store: Store) -> dict[str, Any]:
    hand_off, variant = clip.hand_off, VARIANTS[clip.variant]
    if hand_off is None:
        return {}
    if hand_off.what == "carried":
        return {"carried": carried_on(hand_off, store)}
    if hand_off.what == "frames":
        return {"before": frames_before(hand_off, store, variant.carried_frames)}
    frame = handed_off(hand_off, store)
    return {"before": frame[None]} if variant.chained == "carried" else {"image": frame}


def handed_off(hand_off: HandOff, store: Store) -> Image:
    """The frame a clip starts from: of the take that the film shows, the first among equals.

    Raises BlobMissing when a candidate has no record: the pool would have rendered it first.
    """
    best = _holding(hand_off, store)
    if hand_off.frame in (-1, best.num_frames - 1):
        return _picture(store, best.last_frame)
    return frames_at(store.local_path(best.video), [hand_off.frame])[0]


def frames_before(hand_off: HandOff, store: Store, count: int) -> Frames:
    """The last `count` frames that the film shows up to the hand-off, fewer where there are no more: uint8
    `[F, H, W, 3]`. They reach back through clips that carried on. Raises BlobMissing."""
    record = _holding(hand_off, store)
    stop = hand_off.frame + 1 if hand_off.frame >= 0 else record.num_frames
    found = _frames(record, max(0, stop - count), stop, store)
    while len(found) < count and record.spec.get("handed_off") == "carried":
        repeated = VARIANTS[str(record.spec["variant"])].overlap
        record = _segment_before(record, store)
        stop = record.num_frames - repeated
        missing = count - len(found)
        found = np.concatenate([_frames(record, max(0, stop - missing), stop, store), found])
    return found


def _frames(record: ClipRecord, start: int, stop: int, store: Store) -> Frames:
    return np.stack(frames_at(store.local_path(record.video), list(range(start, stop))))


def carried_on(hand_off: HandOff, store: Store) -> Mapping[str, Tensor]:
    """What the clip before carried on. Raises BlobMissing."""
    tensors = load(store.read(_best(hand_off, store).latents))
    return {name.removeprefix(CARRIED): tensor for name, tensor in tensors.items() if name.startswith(CARRIED)}


def _holding(hand_off: HandOff, store: Store) -> ClipRecord:
    """The segment of the best take that the handed-off frame lies in."""
    record = _best(hand_off, store)
    for _ in range(hand_off.back):
        record = _segment_before(record, store)
    return record


def _segment_before(record: ClipRecord, store: Store) -> ClipRecord:
    spec: dict[str, Any] = dict(record.spec)
    (name,), *_ = spec["hand_off"]
    return _best(HandOff((name,)), store)


def _best(hand_off: HandOff, store: Store) -> ClipRecord:
    """The last clip of the take whose weakest clip is best, as `flows.edit.timeline.chosen_take` has it."""
    takes = [_records(names, store) for names in hand_off.segments or [(name,) for name in hand_off.candidates]]
    return max(takes, key=lambda clips: weakest(clips).quality)[-1]


def _records(names: Sequence[str], store: Store) -> list[ClipRecord]:
    records = [store.record(name) for name in names]
    found = [record for record in records if record is not None]
    if len(found) < len(records):
        raise BlobMissing("a clip that this one starts from is not in the store any more; render the film again")
    return found


def _driven_by(clip: Clip, store: Store) -> dict[str, Any]:
    """Fields of the request by the names of the clip's media; several of one name become a tuple."""
    fields: dict[str, Any] = {}
    for medium in clip.media:
        if medium.name == PREPARED:
            fields |= _prepared(medium, clip, store)
            continue
        if medium.name == MADE_FROM:
            continue
        made = _READERS[medium.name](medium, clip, store)
        fields[medium.name] = (*fields.get(medium.name, ()), made) if medium.name in _SEVERAL else made
    return fields


def _prepared(medium: Medium, clip: Clip, store: Store) -> dict[str, StoredVideo]:
    """Pose, face, background and mask, made from a driving video before the clip was handed out."""
    videos = prepared(store, medium.digest)
    if videos is None:
        raise BlobMissing(
            "the videos prepared from a driving video are not in the store any more; render the film again"
        )
    return {name: StoredVideo(store.local_path(digest), digest, clip.fps) for name, digest in videos.items()}


def _sound(medium: Medium, clip: Clip, store: Store) -> Audio:
    samples, rate = read_audio(store.local_path(medium.digest))
    return Audio(samples, rate)


def _video(medium: Medium, clip: Clip, store: Store) -> StoredVideo:
    return StoredVideo(store.local_path(medium.digest), medium.digest, clip.fps)


def _picture_of(medium: Medium, clip: Clip, store: Store) -> Image:
    return _picture(store, medium.digest)


_SEVERAL = frozenset({"references"})
_READERS: Mapping[str, Callable[[Medium, Clip, Store], Any]] = MappingProxyType(
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


def _picture(store: Store, digest: str) -> Image:
    return load_image(store.local_path(digest))
