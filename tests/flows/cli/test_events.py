"""What happens to a film, a line each."""

from __future__ import annotations

from flows.cli.events import EVENTS, as_line, clip_places
from flows.events import Failed, Finished, Log, Progress, Started
from tests.flows.cli.conforming import faults
from tests.flows.cli.plans import clip, plan, shot, take
from tests.flows.records import empty_record


def test_every_event_is_of_its_form_and_names_its_shot() -> None:
    made = plan(shot("river.launch", take(clip("aa"), clip("ab")), take(clip("ba"))))
    places = clip_places(made)
    for event in (
        Started("ab", "worker-1", 1),
        Progress("ab", "denoise", 3, 8),
        Log("ab", 30, "slow"),
        Finished("ab", empty_record("ab"), cached=False),
        Failed("ab", "worker-1", "out of memory", final=False),
    ):
        line = as_line(event, places)
        assert list(faults(line, EVENTS[f"render: {line['event']}"])) == []
        assert (line["shot"], line["take"], line["clip"]) == ("river.launch", 1, 2)
    assert as_line(Progress("", "edit", 1, 2), places)["shot"] is None
