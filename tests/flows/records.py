"""Records made by hand, of clips that are nowhere."""

from __future__ import annotations

from flows.store import ClipRecord


def empty_record(fingerprint: str) -> ClipRecord:
    """A record that promises no blobs."""
    return ClipRecord(
        fingerprint=fingerprint,
        video="",
        latents="",
        last_frame="",
        thumbnail="",
        num_frames=33,
        fps=16,
        width=256,
        height=144,
        seed=1,
    )
