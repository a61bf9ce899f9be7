"""Videos that were prepared from a driving video: which blobs they are, by the digest of what they were made with."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flows.store.layout import motion_note
from flows.store.store import Store


def put_prepared(store: Store, key: str, videos: Mapping[str, str]) -> None:
    """Remember the blobs (digests) of `pose`, `face` and, to replace a person, `background` and `mask`."""
    store.put_note(motion_note(key), json.dumps(dict(videos), sort_keys=True).encode())


def is_prepared(store: Store, key: str) -> bool:
    """Whether all of them are there, whole."""
    videos = prepared(store, key)
    return videos is not None and store.holds(videos.values())


def prepared(store: Store, key: str) -> dict[str, str] | None:
    """Their digests by name; None if they were not prepared, or the note of it is damaged."""
    data = store.note(motion_note(key))
    if data is None:
        return None
    try:
        found = json.loads(data)
    except ValueError:
        return None
    if not isinstance(found, dict) or not {"pose", "face"} <= found.keys():
        return None
    return {str(name): str(digest) for name, digest in found.items()}
