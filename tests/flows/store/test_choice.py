"""By which clip a take is judged."""

from __future__ import annotations

from dataclasses import replace

from flows.store.choice import weakest
from tests.flows.records import empty_record


def test_a_take_is_judged_by_its_weakest_clip_the_first_among_equals() -> None:
    clips = [
        replace(empty_record(str(number)), scores={"quality": quality})
        for number, quality in enumerate((0.9, 0.2, 0.2))
    ]
    assert weakest(clips) is clips[1]
