"""Cron expressions, held to the schedule that a Prefect server reckons with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prefect.server.schemas.schedules import CronSchedule

from flows.errors import UserError
from flows.runs.cron import check_cron, comes, next_times

BERLIN = "Europe/Berlin"
SPRING = datetime(2026, 3, 27, 12, tzinfo=UTC)
"""Two days before 29 March 2026, on which 02:00 is followed by 03:00 there."""
AUTUMN = datetime(2026, 10, 23, 12, tzinfo=UTC)
"""Two days before 25 October 2026, on which 02:00 comes twice."""


def of_prefect(cron: str, zone: str, after: datetime, number: int) -> list[datetime]:
    schedule = CronSchedule(cron=cron, timezone=zone)
    times = schedule._get_dates_generator(n=number, start=after + timedelta(seconds=1))
    return [time.astimezone(UTC).astimezone(ZoneInfo(zone)) for time in times]


def shown(times: list[datetime]) -> list[str]:
    return [f"{time:%m-%d %H:%M%z}" for time in times]


def field(low: int, high: int, names: str = "") -> st.SearchStrategy[str]:
    number = st.integers(low, high).map(str)
    span = st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = st.builds("{}/{}".format, st.one_of(st.just("*"), span), st.integers(1, 9))
    one = st.one_of(number, span, steps, *([st.sampled_from(names.split())] if names else []))
    return st.one_of(st.just("*"), one, st.lists(number, min_size=2, max_size=3, unique=True).map(",".join))


EXPRESSIONS = st.tuples(
    field(0, 59), field(0, 23), field(1, 28), field(1, 12, "JAN feb DEC"), field(0, 7, "MON tue SUN MON-FRI 1-5")
).map(" ".join)


@settings(max_examples=30, deadline=None)
@given(EXPRESSIONS, st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)))
def test_the_next_times_are_those_of_prefect(cron: str, after: datetime) -> None:
    check_cron(cron)
    moment = after.replace(microsecond=0, tzinfo=UTC)
    assert next_times(cron, "UTC", moment, 3) == of_prefect(cron, "UTC", moment, 3)


@pytest.mark.parametrize("after", [SPRING, AUTUMN])
def test_six_in_the_morning_stays_six_in_the_morning(after: datetime) -> None:
    ours = next_times("0 6 * * *", BERLIN, after, 4)
    assert ours == of_prefect("0 6 * * *", BERLIN, after, 4)
    assert {time.hour for time in ours} == {6}
    assert len({time.utcoffset() for time in ours}) == 2


def test_an_hour_that_comes_twice_has_one_film_and_the_first() -> None:
    ours = next_times("30 2 * * *", BERLIN, AUTUMN, 3)
    assert shown(ours) == shown(of_prefect("30 2 * * *", BERLIN, AUTUMN, 3))
    assert shown(ours) == ["10-24 02:30+0200", "10-25 02:30+0200", "10-26 02:30+0100"]


def test_an_hour_that_never_comes_has_one_film_all_the_same() -> None:
    """An hour later, and by Prefect on Python before 3.13 an hour earlier: docs/scheduling.md says so."""
    ours, theirs = (reckon("30 2 * * *", BERLIN, SPRING, 3) for reckon in (next_times, of_prefect))
    assert shown(ours) == ["03-28 02:30+0100", "03-29 03:30+0200", "03-30 02:30+0200"]
    assert shown(theirs)[1] in ("03-29 01:30+0100", "03-29 03:30+0200")
    assert [theirs[0], theirs[2]] == [ours[0], ours[2]]
    hourly = [reckon("30 * * * *", BERLIN, SPRING + timedelta(hours=36), 4) for reckon in (next_times, of_prefect)]
    assert [len(set(times)) for times in hourly] == [4, 4]


def test_day_of_the_month_or_of_the_week() -> None:
    assert shown(next_times("0 6 13 * FRI", "UTC", datetime(2026, 11, 7, tzinfo=UTC), 3)) == [
        "11-13 06:00+0000",
        "11-20 06:00+0000",
        "11-27 06:00+0000",
    ]


@pytest.mark.parametrize("cron", ["0 6 * * MON", "*/15 8-18 * * 1-5", "0 0 29 2 *", "@daily", "0 6 L * *", "0 6 * * 7"])
def test_what_comes_is_taken(cron: str) -> None:
    check_cron(cron)
    assert comes(cron)


@pytest.mark.parametrize(
    ("cron", "says"),
    [
        ("monday", "this is no cron expression"),
        ("", "five fields"),
        ("0 6 * *", "this is no cron expression"),
        ("0 0 6 * * MON", "6 fields, and films have no seconds"),
        ("0 0 6 * * MON 2027", "7 fields"),
        ("60 6 * * *", "'60' is no minute\n    write 0 to 59"),
        ("0 24 * * *", "'24' is no hour"),
        ("0 6 32 * *", "'32' is no day of the month"),
        ("0 6 * 13 *", "'13' is no month"),
        ("0 6 * * MOON", "'MOON' is no day of the week\n    write 0 to 7, or SUN to SAT"),
        ("*/0 * * * *", "no minute"),
        ("R 6 * * *", "'R' is no minute"),
        ("H 6 * * *", "'H' is no minute"),
        ("0 0 30 2 *", "there is no such day"),
        ("0 0 31 4,6 *", "there is no such day"),
        ("@noon", "there is no such name\n    write @daily"),
        ("0 6 * * MON; rm", "6 fields"),
    ],
)
def test_what_is_none_or_never_comes_is_refused_with_the_field_and_the_fix(cron: str, says: str) -> None:
    with pytest.raises(UserError) as refused:
        check_cron(cron)
    assert str(refused.value).startswith(f"--cron {cron!r}: ")
    assert says in str(refused.value)
    assert "\n    write " in str(refused.value)
    assert not comes(cron)
