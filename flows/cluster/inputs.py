"""What a clip starts from, and what of that is not whole in the store any more."""

from __future__ import annotations

from flows.planning.model import Clip
from flows.planning.motion import MADE_FROM, PREPARED, prepared_key
from flows.store import Store
from flows.store.prepared import is_prepared


def damaged_inputs(clip: Clip, store: Store) -> tuple[str, ...]:
    """Clips (fingerprints) without a whole record, and pictures, sounds, videos and LoRAs (digests) that are lost or
    altered. Raises StoreError."""
    records = {name: store.record(name) for name in clip.upstream}
    lost = [name for name, record in records.items() if record is None or not store.intact(record)]
    files = _files(clip, store)
    whole = store.whole(files)
    return (*lost, *sorted(files - whole))


def _files(clip: Clip, store: Store) -> set[str]:
    """A driving video is read until it is prepared; what was prepared is prepared again when it is missing."""
    spec, key = clip.spec, prepared_key(clip)
    left_out = {PREPARED} if key is None or not is_prepared(store, key) else {PREPARED, MADE_FROM}
    digests = set(spec.pictures)
    digests |= {medium.digest for medium in spec.media if medium.name not in left_out}
    return digests | {lora.digest for lora in spec.loras}
