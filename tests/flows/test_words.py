"""Numbers as people say them."""

from __future__ import annotations

import pytest

from flows.words import clock, count, duration, moment, size_of


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (3.14, "3.1 s"), (9.96, "10 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_counts() -> None:
    assert [count(1, "shot"), count(0, "shot"), count(12000, "shot")] == ["1 shot", "0 shots", "12,000 shots"]


def test_sizes() -> None:
    assert [size_of(512), size_of(3_400_000), size_of(12e9), size_of(82.5e12)] == [
        "512 B",
        "3.4 MB",
        "12 GB",
        "82.5 TB",
    ]


def test_moments_of_a_film_and_the_clock_beside_a_bar() -> None:
    assert [moment(67.46), moment(3667.0)] == ["1:07.5", "61:07.0"]
    assert [clock(7.9), clock(67), clock(3727)] == ["0:07", "1:07", "1:02:07"]
