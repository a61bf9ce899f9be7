"""A small film that is refused, or stopped, by a cap, and goes on with a higher one."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.cost.month import month_of
from flows.errors import CapReached, SettingsError, UserError
from flows.events import BudgetLow, Event, Finished
from flows.film import make_film
from flows.ledger import read_history
from flows.planning import Plan
from flows.planning.model import Clip
from flows.settings import CapSettings
from flows.store import open_store
from flows.store.layout import budget_folder
from tests.flows.film.filming import plan_in, with_clips
from tests.flows.film.reading import READER, cut

SLOW = RendererSpec("stub", {"seconds": 0.6})
PRICE = 3600.0
"""Of a worker's hour: a second costs 1."""


def priced(plan: Plan, seconds: float, **caps: str) -> Plan:
    """One that thinks each of its clips takes so many seconds, give or take nothing, and costs 1 a second."""
    cap = CapSettings(film=caps.get("film"), batch=None, month=caps.get("month"))
    cost = dataclasses.replace(plan.settings.cost, worker_hour=PRICE, currency="EUR", timezone="UTC", cap=cap)

    def expected(clip: Clip) -> Clip:
        return dataclasses.replace(clip, estimated_seconds=seconds, estimated_low=seconds, estimated_high=seconds)

    totals = dataclasses.replace(plan.totals, loads={}, gpus=("",))
    plan = dataclasses.replace(plan, totals=totals, settings=dataclasses.replace(plan.settings, cost=cost))
    return with_clips(plan, expected)


def healed(plan: Plan) -> Plan:
    """The same, of which the first clip takes 1000 s and each of the others 10."""
    first = plan.clips[0].fingerprint

    def expected(clip: Clip) -> Clip:
        seconds = 1000.0 if clip.fingerprint == first else 10.0
        return dataclasses.replace(clip, estimated_seconds=seconds, estimated_low=seconds, estimated_high=seconds)

    return with_clips(plan, expected)


def plan_of(folder: Path, seconds: float, **caps: str) -> Plan:
    return priced(plan_in(folder, max_workers=1), seconds, **caps)


@pytest.mark.parametrize("of", ["film", "month"])
def test_a_film_whose_upper_end_passes_a_cap_is_refused_and_leaves_nothing(
    ray_here: RaySession, of: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=rf"cost\.cap\.{of}=2: the film .*may take up to 3\.00 EUR") as refused:
        make_film(plan_of(tmp_path, 1.0, **{of: "2"}), renderer=SLOW)
    assert f"cost.cap.{of}=3." in str(refused.value).splitlines()[1]
    assert not (tmp_path / "outputs").exists()
    store = open_store(str(tmp_path / "store"))
    assert read_history(store) == []
    make_film(plan_of(tmp_path, 1.0, **{of: "4"}), renderer=RendererSpec("stub"))


def test_a_cap_in_money_needs_prices(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, 1.0, film="20")
    cost = dataclasses.replace(plan.settings.cost, worker_hour=None)
    plan = dataclasses.replace(plan, settings=dataclasses.replace(plan.settings, cost=cost))
    with pytest.raises(SettingsError, match=r"no price is set for a worker without a GPU\n.*cost\.worker_hour="):
        make_film(plan, renderer=SLOW)


@pytest.mark.parametrize("of", ["film", "month"])
def test_a_film_that_takes_more_than_was_thought_is_stopped_and_goes_on_with_a_higher_cap(
    ray_here: RaySession, of: str, tmp_path: Path
) -> None:
    told: list[Event] = []
    with pytest.raises(CapReached, match=rf"cost\.cap\.{of}=1\.4: .*the next clip may take .* EUR more") as stopped:
        make_film(plan_of(tmp_path, 0.05, **{of: "1.4"}), renderer=SLOW, on_event=told.append)
    assert "the same command with a higher one goes on" in str(stopped.value)
    assert [event.cap for event in told if isinstance(event, BudgetLow)] in ([], [f"cost.cap.{of}"])
    store = open_store(str(tmp_path / "store"))
    first = read_history(store)
    made = [row for row in first if row.status == "rendered"]
    assert 1 <= len(made) < 3
    assert sum(row.used_seconds for row in first) == pytest.approx(sum(row.cost or 0 for row in first), abs=0.01)
    assert all(row.used_seconds >= 0.6 for row in made)
    with pytest.raises(UserError, match="are spent or reserved"):
        make_film(plan_of(tmp_path, 0.6, **{of: "1.4"}), renderer=SLOW)
    result = make_film(plan_of(tmp_path, 0.6, **{of: "9"}), renderer=SLOW)
    assert result.rendered == 3 - len(made)
    assert result.path is not None


# what is lost in the store

STUB = RendererSpec("stub")


@pytest.mark.parametrize("of", ["film", "month"])
def test_what_is_damaged_in_the_store_is_paid_once_more_and_counts_before(
    ray_here: RaySession, of: str, tmp_path: Path
) -> None:
    make_film(plan_of(tmp_path, 1.0), renderer=STUB)
    store = open_store(str(tmp_path / "store"))
    plan = plan_in(tmp_path, max_workers=1)
    first = store.record(plan.clips[0].fingerprint)
    assert first is not None
    cut(store, first.video)
    assert plan.totals.cached == 3, "a plan looks at no blobs"
    assert plan.clips[0].estimated_high > 0
    with pytest.raises(UserError, match=rf"cost\.cap\.{of}=500: the film .*may take up to 1,000\.00 EUR"):
        make_film(healed(priced(plan, 1.0, **{of: "500"})), renderer=STUB)
    assert store.record(plan.clips[0].fingerprint) is None
    assert make_film(healed(priced(plan, 1.0, **{of: "5000"})), renderer=STUB).rendered == 1


@pytest.mark.parametrize("of", ["film", "month"])
def test_a_film_with_nothing_missing_has_a_guard_when_something_is_lost_later(
    ray_here: RaySession, of: str, tmp_path: Path
) -> None:
    make_film(plan_of(tmp_path, 1.0), renderer=STUB)
    store, told = open_store(str(tmp_path / "store")), list[str]()
    (tmp_path / "outputs").rename(tmp_path / "before")
    plan = plan_in(tmp_path, max_workers=1)

    def damage(event: Event) -> None:
        told.append(getattr(event, "message", ""))
        first = plan.clips[0].fingerprint
        if isinstance(event, Finished) and event.cached and event.fingerprint == first:
            cut(store, event.record.video)

    with pytest.raises(UserError, match=rf"cost\.cap\.{of}=500: the film .*may take up to 1,000\.00 EUR"):
        make_film(healed(priced(plan, 1.0, **{of: "500"})), renderer=STUB, on_event=damage)
    assert any("is rendered again" in text for text in told), "it is said why"
    film = make_film(healed(priced(plan, 1.0, **{of: "5000"})), renderer=STUB, on_event=damage)
    assert (film.rendered, film.path is not None) == (1, True)


def test_what_is_reserved_when_healing_starts_is_given_back(ray_here: RaySession, tmp_path: Path) -> None:
    make_film(plan_of(tmp_path, 1.0), renderer=STUB)
    store, seen = open_store(str(tmp_path / "store")), list[str]()
    (tmp_path / "outputs").rename(tmp_path / "before")

    def damage(event: Event) -> None:
        if isinstance(event, Finished) and not seen:
            seen.append(event.fingerprint)
            cut(store, event.record.video)

    plan = priced(plan_in(tmp_path, max_workers=1), 1.0, month="5000")
    film = make_film(plan, renderer=STUB, on_event=damage)
    assert film.rendered == 1
    (name,) = [name for month in months(plan) for name in store.notes(budget_folder(month))]
    note = json.loads(store.note(name) or b"")
    assert (note["state"], note["money"]) == ("settled", pytest.approx(1.0))


def months(plan: Plan) -> set[str]:
    """That of now, whichever it is by the end of the test."""
    return {month_of(datetime.now(UTC), plan.settings.cost.timezone)[0]}


@pytest.mark.parametrize("of", ["film", "month"])
def test_what_is_rendered_again_in_the_middle_of_a_film_counts(ray_here: RaySession, of: str, tmp_path: Path) -> None:
    """The renderer spoils what the second clip goes on from just before it is read."""
    make_film(plan_of(tmp_path, 1.0), renderer=STUB, only=["launch"])
    spoiling = RendererSpec(READER, {"folder": str(tmp_path), "spoils": 1})
    plan = plan_in(tmp_path, max_workers=1)
    with pytest.raises(CapReached, match=rf"cost\.cap\.{of}=500: .*the next clip may take 1,000\.00 EUR more"):
        make_film(healed(priced(plan, 1.0, **{of: "500"})), renderer=spoiling)
    made = {row.shot for row in read_history(open_store(str(tmp_path / "store"))) if row.status == "rendered"}
    assert made <= {"river.launch", "river.night"}
    assert make_film(healed(priced(plan, 1.0, **{of: "5000"})), renderer=spoiling).path is not None
