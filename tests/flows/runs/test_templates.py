"""What the server says of each event that people can be told of."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from jinja2 import Environment

from flows.notices import NOTICES
from flows.runs.templates import SUBJECT, events_of


@pytest.mark.parametrize("kind", NOTICES)
def test_every_event_is_told_in_the_words_of_its_kind(kind: str) -> None:
    for event in events_of(kind):
        run = SimpleNamespace(name="Spot")
        said = Environment().from_string(SUBJECT).render(event=SimpleNamespace(event=event), flow_run=run)
        assert said == f"Spot {NOTICES[kind]}"


def test_no_event_says_two_things() -> None:
    events = [event for kind in NOTICES for event in events_of(kind)]
    assert len(events) == len(set(events))


@pytest.mark.parametrize("kind", ["missed", "skipped"])
def test_what_a_worker_adds_to_the_name_of_a_run_is_not_said_twice(kind: str) -> None:
    (event,) = events_of(kind)
    run = SimpleNamespace(name=f"monday ({kind})")
    said = Environment().from_string(SUBJECT).render(event=SimpleNamespace(event=event), flow_run=run)
    assert said == f"monday {NOTICES[kind]}"
