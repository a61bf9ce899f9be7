"""What the variants share when a clip is conditioned."""

from __future__ import annotations

from typing import Any

from flows.clips import HandOff, Medium
from tests.flows.export.comfy import clip, exported


def test_along_a_video_it_is_said_that_clips_begin_with_frames_of_the_one_before() -> None:
    given: dict[str, Any] = {"media": (Medium("video", "old"),), "strength": 0.5}
    first, handed = clip("t2v-a14b", **given), HandOff((("a",),), what="frames", count=5)
    later = clip("t2v-a14b", "b", **given, start_frame=76, skip_first=5, keep=76, hand_off=handed)
    assert any("5 frames of the" in note for note in exported(first, later).notes)
    assert not any("5 frames" in note for note in exported(first).notes)
