"""Films of shots between keyframes, with real Ray and real Prefect, and a renderer that only draws."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.events import Event, Finished, Log, Started
from flows.film import FilmResult, make_film
from flows.film.keyframes import make_keyframes
from flows.ledger import read_history
from flows.media import probe_video
from flows.planning import Plan
from flows.runs import run_film
from flows.runs.server import Server
from flows.store import open_store
from tests.flows.conftest import Ask
from tests.flows.film.keyed import keyed_plan, stills
from tests.flows.film.reading import READER
from tests.flows.film.test_make import task_runs

pytestmark = pytest.mark.slow
STUB = RendererSpec("stub", {"seconds": 0.8})
TWO = {"min_workers": 2, "max_workers": 2}


@pytest.fixture(scope="module", autouse=True)
def ray(ray_here: RaySession) -> None:
    """One for all of them."""


def made(plan: Plan, renderer: RendererSpec = STUB) -> tuple[FilmResult, list[Event]]:
    heard: list[Event] = []
    return make_film(plan, on_event=heard.append, renderer=renderer), heard


def test_a_shot_begins_before_the_one_that_it_goes_on_from_is_done(tmp_path: Path) -> None:
    plan = keyed_plan(tmp_path, **TWO)
    film, heard = made(plan)
    assert film.path is not None
    assert probe_video(film.path).num_frames == plan.totals.frames == 96
    assert (film.rendered, film.cached) == (3, 0)
    order = [(type(event), event.fingerprint) for event in heard]
    shots = [shot.takes[0].fingerprint for shot in plan.shots]
    side_by_side = [
        (before, after)
        for before in shots
        for after in shots
        if before != after
        and order.index((Started, before)) < order.index((Started, after)) < order.index((Finished, before))
    ]
    assert side_by_side, "no two shots were under way at once"
    for shot in plan.shots:
        for needed in shot.takes[0].clips[0].upstream:
            assert order.index((Finished, needed)) < order.index((Started, shot.takes[0].fingerprint))


def test_the_run_has_a_task_for_every_keyframe(tmp_path: Path, server: Server, ask: Ask) -> None:
    plan = keyed_plan(tmp_path, **TWO)
    film = run_film(plan, renderer=RendererSpec("stub", {}))
    names = [f"river.{name}{end}" for name in ("launch", "drift", "night") for end in ("", " keyframe")]
    assert task_runs(ask, film.flow_run_id, 6) == dict.fromkeys(names, "Completed")
    assert film.report is not None
    page = film.report.read_text()
    assert "Last keyframe" in page
    assert "river.drift keyframe" in page


def test_keyframes_are_looked_at_first_and_one_that_is_replaced_changes_its_two_shots(tmp_path: Path) -> None:
    def render(alone: Plan, **how: object) -> FilmResult:
        return make_film(alone, renderer=RendererSpec("stub", {}), **how)  # type: ignore[arg-type]

    plan = keyed_plan(tmp_path, **TWO)
    looked = make_keyframes(plan, render)
    assert looked.result.rendered == 3
    assert all(each.picture.exists() for each in looked.keyframes)
    film, _ = made(keyed_plan(tmp_path, **TWO), RendererSpec("stub", {}))
    assert (film.rendered, film.cached) == (3, 0)
    again = keyed_plan(tmp_path, ["storyboard.shots.night.seed=9"], **TWO)
    assert [shot.takes[0].status for shot in again.shots] == ["cached", "new", "new"]
    rows = [row for row in read_history(open_store(str(tmp_path / "store"))) if row.take == 0]
    assert sorted(row.status for row in rows) == ["cached"] * 3 + ["rendered"] * 3


def test_a_keyframe_that_is_cut_short_is_rendered_again_in_the_same_run(tmp_path: Path) -> None:
    plan = keyed_plan(tmp_path, **TWO)
    film, heard = made(plan, RendererSpec(READER, {"folder": str(tmp_path), "spoils": 1}))
    assert film.path is not None
    said = [event.message for event in heard if isinstance(event, Log)]
    assert [line for line in said if "keyframe: its clip in the store was lost or damaged" in line]
    done = [event.fingerprint for event in heard if isinstance(event, Finished) and not event.cached]
    assert [done.count(clip.fingerprint) for clip in stills(plan)].count(2) == 1


def test_shots_that_are_there_need_no_keyframe(tmp_path: Path) -> None:
    made(keyed_plan(tmp_path, **TWO), RendererSpec("stub", {}))
    store = open_store(str(tmp_path / "store"))
    plan = keyed_plan(tmp_path, **TWO)
    for clip in stills(plan):
        store.discard(clip.fingerprint)
    assert keyed_plan(tmp_path, **TWO).totals.keyframes_cached == 3
    film, _ = made(keyed_plan(tmp_path, **TWO))
    assert (film.rendered, film.cached) == (0, 3)
    assert json.loads(film.plan_path.read_text())["shots"][0]["keyframe"]["why"] == "its shots are in the store"
