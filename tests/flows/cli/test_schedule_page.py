"""What people and programs see of schedules."""

from __future__ import annotations

from datetime import datetime
from typing import get_type_hints
from zoneinfo import ZoneInfo

import pytest

from flows.cli.forms.schedule import ScheduleChangedDocument, ScheduleListDocument, ScheduleRunDocument
from flows.cli.schedule_page import changed_document, list_document, print_list, run_document, times
from flows.runs.schedule import Last, Schedule
from flows.runs.submitting import Submitted
from tests.flows.cli.conforming import faults

BERLIN = ZoneInfo("Europe/Berlin")
DIGEST = "ab" * 32
MONDAY = Schedule(
    "1",
    "monday",
    True,
    "0 6 * * MON",
    "0 6 * * MON",
    "Europe/Berlin",
    {"storyboard": f"sha256:{DIGEST}", "overrides": ["render=draft"], "late": "2h", "deadline_in": ""},
    next=(datetime(2026, 10, 19, 6, tzinfo=BERLIN), datetime(2026, 10, 26, 6, tzinfo=BERLIN)),
    last=Last("r1", "http://ui/r1", "Missed", datetime(2026, 10, 12, 6, tzinfo=BERLIN)),
)
DAILY = Schedule("2", "daily", False, "every 86400.0 s", None, "UTC", {})


def test_times_have_the_offset_of_their_night() -> None:
    shown = times([moment.isoformat() for moment in MONDAY.next])
    assert shown == "Mon 19 Oct 2026 06:00 +02:00, Mon 26 Oct 2026 06:00 +01:00"
    assert times([]) == "none"


def test_the_list_says_which_storyboard_when_and_how_it_went(capsys: pytest.CaptureFixture[str]) -> None:
    latest = Schedule("3", "spot", True, "@daily", "@daily", "UTC", {"storyboard": "spot"}, waiting=MONDAY.next[:1])
    print_list(list_document([MONDAY, DAILY, latest], paused=True))
    said = capsys.readouterr()
    assert "monday: 0 6 * * MON in Europe/Berlin" in said.out
    assert f"pinned: as it was sent, {DIGEST[:12]}" in said.out
    assert "Mon 12 Oct 2026 06:00 +02:00: Missed  http://ui/r1" in said.out
    assert "daily (paused): every 86400.0 s in UTC" in said.out
    assert "latest: spot, as the machine finds it" in said.out
    assert "waits       Mon 19 Oct 2026 06:00 +02:00, for a machine; not made if it is later than 2h" in said.out
    assert "warning: the deployment film is paused" in said.err
    assert "warning: the schedule daily names no storyboard" in said.err
    print_list(list_document([], paused=False))
    assert "There is no schedule." in capsys.readouterr().out


def test_a_schedule_that_stops_all_is_said_and_one_that_is_not_planned() -> None:
    never = Schedule("4", "never", True, "0 0 30 2 *", "0 0 30 2 *", "UTC", {"storyboard": "spot"})
    idle = Schedule("5", "idle", True, "@daily", "@daily", "UTC", {"storyboard": "spot"}, unplanned=True)
    messages = [problem["message"] for problem in list_document([never, idle], paused=False)["problems"]]
    assert "the time of the schedule never never comes" in messages[0]
    assert "has planned no film of the schedule idle" in messages[1]


def test_documents_have_their_forms() -> None:
    documents = {
        ScheduleListDocument: list_document([MONDAY, DAILY], paused=False),
        ScheduleChangedDocument: changed_document("pause", MONDAY),
        ScheduleRunDocument: run_document("monday", Submitted("r", "http://ui/r", False), "http://ui"),
    }
    for form, document in documents.items():
        assert get_type_hints(form)
        assert list(faults(document, form)) == []
    assert changed_document("pause", MONDAY)["schedule"]["active"] is False
