"""Take records made by hand, of clips that are nowhere."""

from __future__ import annotations

from flows.store import TakeRecord


def empty_record(fingerprint: str) -> TakeRecord:
    """A record that promises no blobs."""
    return TakeRecord(
        fingerprint=fingerprint,
        clip="",
        latents="",
        first_frame="",
        last_frame="",
        thumbnail="",
        num_frames=33,
        fps=16,
        width=256,
        height=144,
        seed=1,
    )
