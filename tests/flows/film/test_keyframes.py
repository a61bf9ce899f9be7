"""Keyframes of a film: which are needed, what they are called, and how they are written out to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flows.cluster.stub import draw
from flows.errors import UserError
from flows.events import Failed, Finished
from flows.film.healing import Healing
from flows.film.keyframes import Keyframes, make_keyframes
from flows.film.making import Making
from flows.film.record import write_history
from flows.film.result import FilmResult
from flows.film.survey import chosen_shots, clips_of, survey, with_needed, without_idle
from flows.ledger import read_history
from flows.media import load_image
from flows.planning import Plan
from flows.planning.joins import keyframe_frame
from flows.seams import Continuity, Seam
from flows.store import Store, open_store
from tests.flows.film.keyed import keyed_plan, put, stills
from tests.flows.film.reading import cut


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return keyed_plan(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def making_of(plan: Plan, store: Store, folder: Path, instead: Callable[[Making], None] | None = None) -> Making:
    folder.mkdir(parents=True, exist_ok=True)
    return Making(
        plan=plan,
        shots=plan.shots,
        asked=(),
        store=store,
        folder=folder,
        survey=without_idle(survey(store, clips_of(plan, plan.shots)), [plan]),
        pool=None,
        on_event=lambda event: None,
        instead=instead,
    )


def test_one_shot_is_rendered_with_the_keyframes_at_its_ends_and_no_other_shot(plan: Plan) -> None:
    one, two, three = stills(plan)
    shots = with_needed(plan, chosen_shots(plan, ["drift"]))
    assert [shot.id for shot in shots] == ["river.drift"]
    (own,) = shots[0].takes[0].clips
    assert {clip.fingerprint for clip in clips_of(plan, shots)} == {each.fingerprint for each in (two, three, own)}
    assert one.fingerprint in {clip.fingerprint for clip in clips_of(plan, plan.shots)}


def test_a_lost_keyframe_is_missing_only_for_a_shot_that_is(plan: Plan, store: Store) -> None:
    launch, drift, night = (shot.takes[0].clips[0] for shot in plan.shots)
    for clip in (launch, drift, night):
        put(store, clip)
    assert without_idle(survey(store, plan.clips), [plan]).missing == ()
    store.discard(drift.fingerprint)
    _, two, three = stills(plan)
    missing = without_idle(survey(store, plan.clips), [plan]).missing
    assert {clip.fingerprint for clip in missing} == {each.fingerprint for each in (two, three, drift)}


def test_a_truncated_keyframe_is_rendered_again_with_the_shot_that_needed_it(plan: Plan, store: Store) -> None:
    _, two, _ = stills(plan)
    launch = plan.shots[0].takes[0].clips[0]
    record = put(store, two)
    cut(store, record.video)
    healing = Healing(store, plan.clips, {})
    failed = Failed(launch.fingerprint, "worker-1", "a blob is damaged", True, None, (two.fingerprint,))
    assert [clip.fingerprint for clip in healing.after(failed)] == [two.fingerprint, launch.fingerprint]
    assert store.record(two.fingerprint) is None


def test_keyframes_have_names_and_are_not_counted_as_takes(plan: Plan, store: Store, tmp_path: Path) -> None:
    making = making_of(plan, store, tmp_path / "made")
    names = [watch.name for watch in making.watches.takes]
    assert names == [
        *("river.launch keyframe", "river.drift keyframe", "river.night keyframe"),
        *("river.launch", "river.drift", "river.night"),
    ]
    assert len(making.watches.shown) == 3
    two, launch = stills(plan)[1], plan.shots[0].takes[0].clips[0]
    lost = making.note(Failed(launch.fingerprint, "", "", True, two.fingerprint, ()))
    assert isinstance(lost, Failed)
    assert lost.message == "not rendered: it needs river.drift keyframe, which failed"


def test_in_the_ledger_a_keyframe_is_take_0_of_its_shot(plan: Plan, store: Store, tmp_path: Path) -> None:
    making = making_of(plan, store, tmp_path / "made")
    for clip in plan.clips:
        making.note(Finished(clip.fingerprint, put(store, clip), cached=False))
    assert write_history(making, "run") is None
    rows = {(row.shot, row.take): row for row in read_history(store)}
    assert sorted(rows) == [(f"river.{name}", take) for name in ("drift", "launch", "night") for take in (0, 1)]
    still = rows["river.drift", 0]
    assert (still.fingerprint, still.spec.variant) == (stills(plan)[1].fingerprint, "t2v-a14b")
    assert rows["river.launch", 1].spec.ends_on == rows["river.drift", 1].spec.hand_off


def test_what_was_measured_is_of_the_take_and_not_of_its_keyframe(plan: Plan, store: Store, tmp_path: Path) -> None:
    making = making_of(plan, store, tmp_path / "made")
    for clip in plan.clips:
        making.note(Finished(clip.fingerprint, put(store, clip), cached=False))
    making.film = tmp_path / "film.mp4"
    join = Seam(kind="join", shot="river.drift", before="river.launch", values={"jump": 2.0})
    making.continuity = Continuity((join, Seam(kind="shot", shot="river.drift", values={"cuts": 1.0})))
    assert write_history(making, "run") is None
    rows = {row.take: row for row in read_history(store) if row.shot == "river.drift"}
    assert [(rows[take].seam, rows[take].inside) for take in (0, 1)] == [({}, {}), ({"jump": 2.0}, {"cuts": 1.0})]


def shown(plan: Plan, store: Store, folder: Path, *only: str) -> Keyframes:
    """By what would render, where everything is in the store."""

    def render(alone: Plan, *, instead: Callable[[Making], None]) -> FilmResult:
        for clip in alone.clips:
            if store.record(clip.fingerprint) is None:
                put(store, clip)
        making = making_of(alone, store, folder / "keyframes", instead)
        making.edit()
        return FilmResult(
            path=None,
            clips=(),
            report=None,
            plan_path=making.plan_path,
            rendered=len(making.watches.shown),
            cached=0,
            seconds=1.0,
            flow_run_id="",
            run_url="",
        )

    return make_keyframes(plan, render, only)


def test_they_are_written_out_as_the_pictures_that_shots_begin_with(plan: Plan, store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "outputs/the-paper-boat"
    made = shown(plan, store, folder)
    assert [(each.shot, each.ends, each.given) for each in made.keyframes] == [
        ("river.launch", None, False),
        ("river.drift", "river.launch", False),
        ("river.night", "river.drift", False),
    ]
    for each, clip in zip(made.keyframes, stills(plan), strict=True):
        assert each.picture == folder / f"keyframes/{each.shot}.png"
        assert each.seed == clip.spec.seed
        assert np.array_equal(load_image(each.picture), draw(clip)[keyframe_frame(clip.spec.num_frames)])
    assert made.sheet is not None
    assert load_image(made.sheet).shape[1] > 900
    assert made.result.rendered == 3
    assert (folder / "keyframes/plan.json").exists()
    assert not (folder / "film.mp4").exists()


def test_those_of_one_shot(plan: Plan, store: Store, tmp_path: Path) -> None:
    made = shown(plan, store, tmp_path / "outputs/the-paper-boat", "drift")
    assert [each.shot for each in made.keyframes] == ["river.drift", "river.night"]


def test_a_given_picture_is_shown_and_not_rendered(store: Store, tmp_path: Path) -> None:
    Image.new("RGB", (256, 144), "navy").save(tmp_path / "own.png")
    plan = keyed_plan(tmp_path, [f"storyboard.shots.{name}.image=own.png" for name in ("launch", "drift", "night")])

    def render(alone: Plan, *, instead: Callable[[Making], None]) -> FilmResult:
        raise AssertionError("nothing is to be rendered")

    made = make_keyframes(_with_assets(plan, tmp_path), render)
    assert [(each.picture.name, each.given, each.seed) for each in made.keyframes] == [("own.png", True, None)] * 3
    assert (made.sheet, made.result.plan_path.name) == (None, "plan.json")
    assert made.result.plan_path.exists()


def test_a_film_without_keyframes_has_none_to_look_at(tmp_path: Path) -> None:
    plain = keyed_plan(tmp_path, ["storyboard.shot_defaults.continuity=none"])

    def render(alone: Plan, *, instead: Callable[[Making], None]) -> FilmResult:
        raise AssertionError("nothing is to be rendered")

    with pytest.raises(UserError, match="no shot of 'The paper boat' is joined to another by keyframes"):
        make_keyframes(plain, render)
    assert not (tmp_path / "outputs").exists()


def _with_assets(plan: Plan, folder: Path) -> Plan:
    from dataclasses import replace

    digests = {shot.first.image for shot in plan.shots}
    return replace(plan, assets={digest: str(folder / "own.png") for digest in digests if digest})
