"""A film and a pool that do not fit each other, and what each is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.cluster.room import WorkerSize
from flows.cluster.terms import Terms, check_versions, versions
from flows.config import compose
from flows.errors import EnvironmentProblem

TERMS = Terms("default", compose([]).settings.cluster, WorkerSize(4, 1.0, 1.0), "/store", b"one", own=False)


def test_a_film_that_asks_for_the_same_fits() -> None:
    TERMS.check(replace(TERMS, size=WorkerSize(9, 1.0, 1.0), store_address="/mnt/store"))
    assert TERMS.keeper == "default/keeper"


@pytest.mark.parametrize(
    ("film", "expected"),
    [
        (
            replace(TERMS, store_identity=b"two", store_address="/other"),
            r"in the store /store, and this film in /other",
        ),
        (
            replace(TERMS, size=WorkerSize(4, 2.0, 0.5)),
            r"has 1 CPU and 1 GPU, and this film asks for 2 CPU and 0\.5 GPU",
        ),
        (
            replace(TERMS, size=WorkerSize(4, 1.0, 1.0, 2)),
            r"has 1 CPU and 1 GPU, and this film asks for 2 processes of 1 CPU and 1 GPU each\n .*gang=1",
        ),
    ],
)
def test_a_film_that_asks_for_something_else_is_told_both_ways_out(film: Terms, expected: str) -> None:
    with pytest.raises(EnvironmentProblem, match=expected) as caught:
        TERMS.check(film)
    assert "cluster.pool=NAME" in str(caught.value)


def test_other_software_is_named() -> None:
    ours = dict(versions())
    check_versions("default", ours)
    with pytest.raises(EnvironmentProblem) as caught:
        check_versions("default", {**ours, "Python": "3.9.1", "wanflow": "0.0.1, code 0"})
    said = str(caught.value)
    assert "Python is 3.9.1 there" in said
    assert "wanflow is 0.0.1, code 0 there" in said
    assert "Ray is" not in said
    assert "wanflow pool down" in said
