"""Which shots and clips are looked at, and what is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.clips import ColourAnchor, Medium
from flows.cluster.inputs import damaged_inputs
from flows.cluster.publish import store_clip
from flows.cluster.stub import draw
from flows.errors import BlobMissing, MediaError, UserError
from flows.film.survey import chosen_shots, clips_of, put_assets, survey, with_needed
from flows.planning import Plan
from flows.planning.model import Clip
from flows.planning.motion import MADE_FROM, PREPARED
from flows.store import Store, open_store
from flows.store.prepared import put_prepared
from tests.flows.film.filming import plan_in
from tests.flows.made import changed
from wan.system.digests import file_digest


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_in(tmp_path)


@pytest.fixture
def store(tmp_path: Path, plan: Plan) -> Store:
    """The first shot's clip is in it."""
    store = open_store(str(tmp_path / "store"))
    first = plan.clips[0]
    store.publish(store_clip(store, first, draw(first), b"latents", seconds={}))
    return store


def test_what_is_there_whole_is_found_and_the_rest_is_missing(plan: Plan, store: Store) -> None:
    found = survey(store, plan.clips)
    assert list(found.found) == [plan.clips[0].fingerprint]
    assert found.missing == plan.clips[1:]
    assert not found.damaged


def test_a_damaged_clip_is_missing_and_its_record_gone(plan: Plan, store: Store) -> None:
    record = store.record(plan.clips[0].fingerprint)
    assert record is not None
    path = store.local_path(record.video)
    path.chmod(0o644)
    path.write_bytes(b"something else")
    found = survey(store, [replace(clip, status="cached", estimated_seconds=9.0) for clip in plan.clips])
    assert [clip.fingerprint for clip in found.missing] == [clip.fingerprint for clip in plan.clips]
    assert {(clip.status, clip.estimated_seconds) for clip in found.missing} == {("new", 9.0)}, "to be rendered"
    assert found.damaged == {record.fingerprint}
    assert store.record(record.fingerprint) is None


def test_a_shot_is_rendered_with_those_it_starts_from(plan: Plan) -> None:
    shots = with_needed(plan, chosen_shots(plan, ["drift"]))
    assert [shot.id for shot in shots] == ["river.launch", "river.drift"]
    assert len(clips_of(plan, shots)) == 2


def test_names_may_be_short_and_repeated_but_not_wrong(plan: Plan) -> None:
    assert [shot.id for shot in chosen_shots(plan, ["night", "river.night"])] == ["river.night"]
    with pytest.raises(UserError, match=r"river\.launch, river\.drift, river\.night"):
        chosen_shots(plan, ["day"])


@pytest.mark.parametrize(("name", "meant"), [("river.drit", "river.drift"), ("lunch", "launch")])
def test_a_misspelt_shot_is_answered_with_the_nearest(plan: Plan, name: str, meant: str) -> None:
    with pytest.raises(UserError, match=f"no shot is called '{name}'; did you mean {meant}\\?"):
        chosen_shots(plan, [name])


def test_every_picture_of_a_clip_is_put_where_workers_can_read_it(tmp_path: Path, plan: Plan, store: Store) -> None:
    names = ("first", "last", "colours")
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    digests = {name: file_digest(tmp_path / name) for name in names}
    anchor = ColourAnchor(1.0, picture=digests["colours"])
    clip = changed(plan.clips[0], image=digests["first"], last_image=digests["last"], anchor=anchor)
    put_assets(store, {digest: str(tmp_path / name) for name, digest in digests.items()}, [clip])
    assert [store.read(digest) for digest in clip.spec.pictures] == [name.encode() for name in names]
    store.local_path(digests["colours"]).unlink()
    assert damaged_inputs(clip, store) == (digests["colours"],)


def _danced(tmp_path: Path, plan: Plan) -> tuple[Plan, Clip]:
    """The plan's first clip, moved by a driving video."""
    video = tmp_path / "dance.mkv"
    video.write_bytes(b"frames of a dance")
    digest = file_digest(video)
    media = (Medium(MADE_FROM, digest, "animate"), Medium(PREPARED, "1" * 64))
    return replace(plan, assets={**plan.assets, digest: str(video)}), changed(plan.clips[0], media=media)


def test_a_driving_video_is_put_where_workers_can_read_it(tmp_path: Path, plan: Plan, store: Store) -> None:
    plan, clip = _danced(tmp_path, plan)
    put_assets(store, plan.assets, [clip])
    assert store.read(clip.spec.media[0].digest) == b"frames of a dance"


@pytest.mark.parametrize(("change", "told"), [(True, "was changed after the film was planned"), (False, "cannot read")])
def test_a_driving_video_that_is_not_the_planned_one_is_said_before_rendering(
    tmp_path: Path, plan: Plan, store: Store, change: bool, told: str
) -> None:
    plan, clip = _danced(tmp_path, plan)
    (tmp_path / "dance.mkv").unlink()
    if change:
        (tmp_path / "dance.mkv").write_bytes(b"frames of something else")
    with pytest.raises(MediaError, match=told):
        put_assets(store, plan.assets, [clip])


def test_once_prepared_a_driving_video_may_be_gone(tmp_path: Path, plan: Plan, store: Store) -> None:
    plan, clip = _danced(tmp_path, plan)
    put_prepared(store, "1" * 64, {"pose": store.put_bytes(b"pose"), "face": store.put_bytes(b"face")})
    (tmp_path / "dance.mkv").unlink()
    put_assets(store, plan.assets, [clip])
    with pytest.raises(BlobMissing):
        store.read(clip.spec.media[0].digest)
