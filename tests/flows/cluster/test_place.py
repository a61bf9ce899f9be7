"""The place of a worker: reserved once, kept for whoever comes after it, made anew when somebody has given it back."""

from __future__ import annotations

import pytest
from ray import exceptions as errors

from flows.cluster.place import Place, WorkerDied, why
from flows.cluster.room import WorkerSize
from tests.flows.cluster.test_remote import Ray


def wanted() -> bool:
    return True


@pytest.fixture
def fake() -> Ray:
    return Ray()


@pytest.fixture
def place(fake: Ray) -> Place:
    return Place(fake, "pool/worker-1", WorkerSize(1, 2.0, 0.5))


def made(fake: Ray) -> int:
    return len([call for call in fake.calls if call.startswith("room ")])


def test_it_is_kept_until_it_is_given_back(fake: Ray, place: Place) -> None:
    for _ in range(2):
        assert place.reserve(frozenset(), wanted)
    assert made(fake) == 1
    for _ in range(2):
        place.give_back()
    assert fake.calls.count("remove room") == 1
    assert place.reserve({"bad"}, wanted)
    assert fake.calls[-1].startswith("room [{'CPU': 2.0, 'GPU': 0.5}] [{'ray.io/node-id': '!in(bad)'}]")


def test_a_gang_has_a_bundle_for_each_process(fake: Ray) -> None:
    assert Place(fake, "pool/worker-1", WorkerSize(1, 2.0, 1.0, 2)).reserve({"bad"}, wanted)
    bundle, where = "{'CPU': 2.0, 'GPU': 1.0}", "{'ray.io/node-id': '!in(bad)'}"
    assert fake.calls == [f"room [{bundle}, {bundle}] [{where}, {where}] pool/worker-1 detached"]


def test_one_that_somebody_gave_back_is_asked_for_anew(fake: Ray, place: Place) -> None:
    """As a worker does that nobody asks for anything for five minutes."""
    assert place.reserve(frozenset(), wanted)
    fake.room = [Exception("Placement group PlacementGroupID(f9) does not exist."), True]
    with pytest.raises(WorkerDied, match="its place in the cluster is gone"):
        place.reserve(frozenset(), wanted)
    assert not place.waiting
    assert place.reserve(frozenset(), wanted)
    assert made(fake) == 2


def test_what_else_ray_fails_with_there_is_a_mistake_and_its_own_errors_are_a_death(fake: Ray, place: Place) -> None:
    fake.room = [ValueError("of ours"), errors.RaySystemError("gone"), True]
    with pytest.raises(ValueError, match="of ours"):
        place.reserve(frozenset(), wanted)
    with pytest.raises(WorkerDied, match="gone"):
        place.reserve(frozenset(), wanted)


def test_who_is_not_wanted_waits_no_longer(fake: Ray, place: Place) -> None:
    fake.room = [False]
    looks = iter([True, True, False])
    assert not place.reserve(frozenset(), lambda: next(looks))


def test_identifiers_are_left_out_of_what_ray_says() -> None:
    assert why(RuntimeError("it died\nactor_id: 3\n  pid: 4\nof cold")) == "it died of cold"
