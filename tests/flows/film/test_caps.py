"""A small film that is refused, or stopped, by a cap, and goes on with a higher one."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from flows.cluster import RendererSpec
from flows.errors import CapReached, SettingsError, UserError
from flows.events import BudgetLow, Event
from flows.film import make_film
from flows.ledger import read_history
from flows.planning import Plan
from flows.settings import CapSettings
from flows.store import open_store
from tests.flows.film.filming import plan_in

SLOW = RendererSpec("stub", {"seconds": 0.6})
PRICE = 3600.0
"""Of a worker's hour: a second costs 1."""


def priced(plan: Plan, seconds: float, **caps: str) -> Plan:
    """One that thinks each of its clips takes so many seconds, give or take nothing, and costs 1 a second."""
    cap = CapSettings(film=caps.get("film"), batch=None, month=caps.get("month"))
    cost = dataclasses.replace(plan.settings.cost, worker_hour=PRICE, currency="EUR", timezone="UTC", cap=cap)

    def expected(clip: Any) -> Any:
        return dataclasses.replace(clip, estimated_seconds=seconds, estimated_low=seconds, estimated_high=seconds)

    shots = tuple(
        dataclasses.replace(
            shot,
            takes=tuple(dataclasses.replace(take, clips=tuple(map(expected, take.clips))) for take in shot.takes),
        )
        for shot in plan.shots
    )
    totals = dataclasses.replace(plan.totals, loads={}, gpus=("",))
    return dataclasses.replace(plan, shots=shots, totals=totals, settings=dataclasses.replace(plan.settings, cost=cost))


def plan_of(folder: Path, seconds: float, **caps: str) -> Plan:
    return priced(plan_in(folder, max_workers=1), seconds, **caps)


@pytest.mark.parametrize("of", ["film", "month"])
def test_a_film_whose_upper_end_passes_a_cap_is_refused_and_leaves_nothing(of: str, tmp_path: Path) -> None:
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
    of: str, tmp_path: Path
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
