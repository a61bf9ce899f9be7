"""Numbers and lengths of time, with their bounds, and what people write instead of them."""

from __future__ import annotations

import pytest

from flows.storyboard.quantities import Number, Seconds, seconds_of, with_point
from tests.flows.storyboard.reading import read, refused

TAKES, STRENGTH, GAIN = Number(1, 100, whole=True), Number(0, 1, above=True), Number(-80, 24, unit="dB")


@pytest.mark.parametrize(
    ("number", "text", "value"),
    [(TAKES, "1", 1), (TAKES, "100", 100), (STRENGTH, "1", 1.0), (STRENGTH, ".5", 0.5), (GAIN, "-6", -6.0)],
)
def test_a_number_within_its_bounds_is_read(number: Number, text: str, value: float) -> None:
    found, problems = read(number, text)
    assert (found, type(found), problems) == (value, type(value), [])


@pytest.mark.parametrize(
    ("number", "text", "fix"),
    [
        (TAKES, "0", "write 1 or more"),
        (TAKES, "101", "write 100 or less"),
        (TAKES, "2.5", "write 2"),
        (TAKES, "3 takes", "write 3"),
        (TAKES, "many", "write it in digits"),
        (TAKES, "'3'", "write 3"),
        (Number(1, 10_000, whole=True), "'1,000'", "no comma between the digits: write 1000"),
        (STRENGTH, "0", "write more than 0"),
        (STRENGTH, "'0,5'", "a decimal point, not a comma: write 0.5"),
        (GAIN, "-6 dB", "write -6"),
        (GAIN, "1e9", "write 24 or less"),
    ],
)
def test_a_wrong_number_is_told_the_nearest_right_one(number: Number, text: str, fix: str) -> None:
    assert refused(number, text)[1] == fix


def test_a_number_says_its_bounds() -> None:
    assert TAKES.words() == "a whole number from 1 to 100"
    assert STRENGTH.words() == "a number above 0, at most 1"
    assert GAIN.words() == "a number from -80 to 24 dB"
    assert STRENGTH.schema()["anyOf"][0] == {"type": "number", "exclusiveMinimum": 0, "maximum": 1}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2s", 2),
        ("0.5s", 0.5),
        ("1m30s", 90),
        ("2", 2),
        ("1.5", 1.5),
        ("500ms", 0.5),
        ("1h", 3600),
        ("2m", 120),
        ("1e1", 10),
        ("-2s", -2),
        ("", None),
        ("s", None),
        ("1s1m", None),
        ("1" * 41, None),
    ],
)
def test_durations_have_several_forms(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("2 seconds", "write 2s"),
        ("3min", "write 3m"),
        ("'1,5s'", "a decimal point, not a comma: write 1.5s"),
        ("soon", "write for example 2s"),
    ],
)
def test_what_is_no_length_of_time_is_told_what_was_meant(text: str, fix: str) -> None:
    assert refused(Seconds(), text)[1] == fix


def test_a_length_of_time_has_bounds() -> None:
    assert read(Seconds(zero=True), "0s") == (0.0, [])
    assert refused(Seconds(), "0s")[0] == "key must be longer than 0 s, not 0s"
    assert refused(Seconds(zero=True), "-1s")[0] == "key must be 0 s or longer, not -1s"
    assert refused(Seconds(), "5h")[0] == "key must be at most 4 hours, not 5h"
    assert refused(Seconds(longest=60), "2m")[0] == "key must be at most 60 s, not 2m"


@pytest.mark.parametrize(("text", "pointed"), [("1,5s", "1.5s"), ("1,5,5", None), ("1.000,5", None), ("1.5", None)])
def test_one_comma_between_digits_is_a_point(text: str, pointed: str | None) -> None:
    assert with_point(text) == pointed
