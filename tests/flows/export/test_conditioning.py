"""What the variants share when a clip is conditioned."""

from __future__ import annotations

from typing import Any

import pytest

from flows.clips import HandOff, Medium
from tests.flows.export.comfy import clip, exported


@pytest.mark.parametrize(("variant", "medium"), [("t2v-a14b", "video"), ("vace-fun-a14b", "control")])
def test_along_a_video_it_is_said_that_clips_begin_with_frames_of_the_one_before(variant: str, medium: str) -> None:
    given: dict[str, Any] = {"media": (Medium(medium, "old"),), "strength": 0.5 if medium == "video" else None}
    first = clip(variant, **given)
    later = clip(
        variant, "b", **given, start_frame=76, skip_first=5, keep=76, hand_off=HandOff((("a",),), what="frames")
    )
    assert any("5 frames of the" in note or "last 5 frames" in note for note in exported(first, later).notes)
    assert not any("5 frames" in note for note in exported(first).notes)
