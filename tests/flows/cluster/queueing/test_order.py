"""Whose turn it is: priority, deadline, long ways, turns; and that nobody waits for ever."""

from __future__ import annotations

import pytest

from flows.cluster.queueing.order import AGEING_SECONDS
from tests.flows.cluster.clips import clip
from tests.flows.cluster.queueing.queues import add, lease, many, queue_with, rendered


def test_the_higher_priority_goes_first_and_a_person_may_change_it() -> None:
    queue = queue_with("w")
    add(queue, "low", *many("low", 3))
    add(queue, "high", *many("high", 3), priority=1)
    assert lease(queue, "w") == "high 0"
    queue.move("low", 2)
    assert lease(queue, "w") == "low 0"


def test_a_film_that_would_miss_its_deadline_goes_first_and_one_with_time_does_not() -> None:
    queue = queue_with("w")
    add(queue, "plain", *many("plain", 4))
    add(queue, "later", *many("later", 4), deadline=10_000.0)
    add(queue, "soon", *many("soon", 4), deadline=1_045.0)
    add(queue, "sooner", *many("sooner", 1), deadline=1_011.0)
    add(queue, "missed", *many("missed", 4), deadline=900.0)
    assert [lease(queue, "w", now=1_000.0) for _ in range(6)] == [
        "sooner 0",
        *(f"soon {n}" for n in range(4)),
        "missed 0",
    ]


def test_films_take_turns_however_many_clips_one_has() -> None:
    queue = queue_with("w1", "w2")
    add(queue, "large", *many("large", 600))
    rendered(queue, ["w1", "w2"], 100)
    add(queue, "small", *many("small", 5))
    assert sum(name.startswith("small") for name in rendered(queue, ["w1", "w2"], 12)) == 5


def test_a_film_is_owed_nothing_for_the_time_before_it_came() -> None:
    queue = queue_with("w")
    add(queue, "old", *many("old", 600))
    rendered(queue, ["w"], 300)
    add(queue, "new", *many("new", 300))
    assert 40 <= sum(name.startswith("new") for name in rendered(queue, ["w"], 100)) <= 60


def test_a_small_film_gets_its_turn_although_all_others_have_a_long_way() -> None:
    queue = queue_with("w1", "w2")
    for chain in range(4):
        links = [clip(f"{chain} {n}", after=[f"{chain} {n - 1}"] if n else []) for n in range(100)]
        add(queue, f"long {chain}", *links)
    add(queue, "small", clip("small"))
    assert "small" in rendered(queue, ["w1", "w2"], 17)


def test_a_long_way_goes_first_when_it_takes_as_long_as_everything() -> None:
    queue = queue_with("w1", "w2")
    add(queue, "wide", *many("wide", 20))
    add(queue, "deep", *(clip(f"deep {n}", after=[f"deep {n - 1}"] if n else []) for n in range(20)))
    first = rendered(queue, ["w1", "w2"], 40)
    assert first.index("deep 19") >= 38, "one worker goes along the chain, and both are done at the same time"


def test_a_low_priority_waits_long_and_not_for_ever() -> None:
    queue = queue_with("w")
    add(queue, "low", *many("low", 3))
    add(queue, "high", *many("high", 2_000), priority=2)
    first = rendered(queue, ["w"], 1_000)
    waited = first.index("low 0") * 10.0
    assert 2 * AGEING_SECONDS <= waited <= 2 * AGEING_SECONDS + 40


def test_a_model_that_nobody_holds_is_loaded_for_a_film_that_waits_for_it() -> None:
    queue = queue_with("w")
    add(queue, "large", *many("large", 2_000))
    add(queue, "small", *many("small", 2, variant="i2v-a14b"))
    first = rendered(queue, ["w"], 400)
    assert first.index("small 0") * 10.0 <= AGEING_SECONDS + 40
    assert first.index("small 1") == first.index("small 0") + 1, "one load serves both"


@pytest.mark.parametrize("workers", [8, 4])
def test_where_there_are_many_workers_scarce_short_clips_are_kept_for_the_end(workers: int) -> None:
    names = [f"w{number}" for number in range(workers)]
    queue = queue_with(*names)
    add(queue, "long", *many("long", 40, seconds=100.0))
    add(queue, "short", *many("short", 8, seconds=10.0))
    first = rendered(queue, names, 48)
    early = sum(name.startswith("short") for name in first[:24])
    assert early <= 3 if workers == 8 else early == 8, "few workers take films in turns"
