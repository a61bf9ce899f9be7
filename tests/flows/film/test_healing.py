"""Clips that are lost or altered in the store while a film is made are rendered again in the same run, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.errors import BlobCorrupt, FlowsError, RenderError
from flows.events import Event, Failed, Finished, Log, Progress
from flows.film import FilmResult, make_film
from flows.film.healing import Healing
from flows.ledger import read_history
from flows.media import probe_video
from flows.planning import Plan
from flows.planning.model import Clip
from flows.store import ClipRecord, Store, open_store
from tests.flows.film.filming import plan_in
from tests.flows.film.reading import READER, cut


def mended(film: FilmResult) -> list[str]:
    """What is said of clips that were rendered again; others are of joins, which the stub draws as they come."""
    return [warning for warning in film.warnings if "is rendered again" in warning]


def lost(clip: Clip, *damaged: str, because_of: str | None = None) -> Failed:
    return Failed(clip.fingerprint, "worker-1", "a blob is damaged", True, because_of, damaged)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_in(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def put(store: Store, clip: Clip) -> ClipRecord:
    """A record of it, and blobs of its own."""
    kinds = ("video", "latents", "last_frame", "thumbnail")
    blobs = {kind: store.put_bytes(f"{kind} of {clip.fingerprint}".encode()) for kind in kinds}
    size = {"num_frames": 9, "fps": 16.0, "width": 32, "height": 32, "seed": 0}
    return store.publish(ClipRecord(fingerprint=clip.fingerprint, **blobs, **size))  # type: ignore[arg-type]


def test_what_is_damaged_of_a_film_is_withdrawn_and_submitted_once(plan: Plan, store: Store) -> None:
    records = {clip.fingerprint: put(store, clip) for clip in plan.clips}
    healing = Healing(store, plan.clips, {})
    assert healing.stale(records).missing == ()
    victim = plan.clips[1]
    cut(store, records[victim.fingerprint].thumbnail)
    stale = healing.stale(records)
    assert stale.missing == (victim,)
    assert not stale.found
    assert store.record(victim.fingerprint) is None
    assert healing.again(stale.missing) == (victim,)
    assert healing.again(stale.missing) == ()


def test_a_clip_that_somebody_rendered_again_is_not_rendered_once_more(plan: Plan, store: Store) -> None:
    first = plan.clips[0]
    old = put(store, first)
    cut(store, old.video)
    store.discard(first.fingerprint)
    new = put(store, first)
    stale = Healing(store, plan.clips, {}).stale({first.fingerprint: old})
    assert (dict(stale.found), stale.missing) == ({}, ()), "its blobs are the same"
    other = ClipRecord(**{name: getattr(new, name) for name in new.__slots__} | {"video": "0" * 64})
    stale = Healing(store, plan.clips, {}).stale({first.fingerprint: other})
    assert (dict(stale.found), stale.missing) == ({first.fingerprint: new}, ())


def test_a_lost_clip_is_given_back_with_what_it_starts_from_and_all_that_needs_it(plan: Plan, store: Store) -> None:
    launch, drift, night = plan.clips
    assert drift.upstream == (launch.fingerprint,)
    cut(store, put(store, launch).last_frame)
    healing = Healing(store, plan.clips, {})
    assert healing.after(lost(night)) == (), "for another reason"
    assert healing.after(lost(night, because_of=drift.fingerprint)) == ()
    assert healing.after(lost(drift, launch.fingerprint)) == (launch, drift)
    assert store.record(launch.fingerprint) is None
    assert healing.after(lost(night, because_of=drift.fingerprint)) == (night,)
    assert healing.after(lost(drift, launch.fingerprint)) == (), "once"
    assert healing.after(lost(night, because_of=drift.fingerprint)) == ()


def test_of_two_clips_that_one_was_lost_for_the_second_goes_after_it(plan: Plan, store: Store) -> None:
    launch, drift, night = plan.clips
    healing = Healing(store, plan.clips, {})
    assert healing.after(lost(drift, launch.fingerprint)) == (launch, drift)
    assert healing.after(lost(night, launch.fingerprint)) == (night,), "it is under way already"


def test_an_input_that_was_lost_is_put_back(tmp_path: Path, store: Store) -> None:
    (tmp_path / "boat.png").write_bytes(bytes(1000))
    digest = store.put_file(tmp_path / "boat.png")
    plain = plan_in(tmp_path).clips[0]
    clip = replace(plain, spec=replace(plain.spec, image=digest))
    assert clip.spec.image is not None
    cut(store, clip.spec.image)
    healing = Healing(store, [clip], {clip.spec.image: str(tmp_path / "boat.png")})
    assert healing.after(lost(clip, clip.spec.image)) == (clip,)
    assert store.holds([clip.spec.image])
    (tmp_path / "boat.png").unlink()
    other = Healing(store, [clip], {clip.spec.image: str(tmp_path / "boat.png")})
    cut(store, clip.spec.image)
    assert other.after(lost(clip, clip.spec.image)) == (), "the file is gone, too"


# whole films

Rendered = Callable[[], list[str]]


def test_a_clip_that_is_cut_short_before_the_film_is_cut_is_rendered_again(
    ray_here: RaySession, tmp_path: Path, rendered: Rendered
) -> None:
    store, heard = open_store(str(tmp_path / "store")), list[Event]()
    cut_off: list[str] = []

    def damage(event: Event) -> None:
        heard.append(event)
        if isinstance(event, Finished) and not cut_off:
            cut_off.append(event.fingerprint)
            cut(store, event.record.video)

    film = make_film(plan_in(tmp_path), renderer=reading(tmp_path), on_event=damage)
    assert film.path is not None
    assert probe_video(film.path).num_frames == 24
    assert len(mended(film)) == 1
    done = [event.fingerprint for event in heard if isinstance(event, Finished)]
    assert done.count(cut_off[0]) == 2
    assert len(done) == 4
    rows = {row.fingerprint: row for row in read_history(store)}
    assert len(rows) == 3
    assert "is rendered again" in rows[cut_off[0]].message
    assert [row.message for name, row in rows.items() if name != cut_off[0]] == ["", ""]


def test_all_in_the_store_and_damaged_after_it_was_looked_at(
    ray_here: RaySession, tmp_path: Path, rendered: Rendered
) -> None:
    make_film(plan_in(tmp_path), renderer=reading(tmp_path))
    store, seen = open_store(str(tmp_path / "store")), list[str]()

    def damage(event: Event) -> None:
        if isinstance(event, Finished) and not seen:
            seen.append(event.fingerprint)
            cut(store, event.record.video)

    (tmp_path / "outputs").rename(tmp_path / "before")
    film = make_film(plan_in(tmp_path), renderer=reading(tmp_path), on_event=damage)
    assert film.path is not None
    assert len(mended(film)) == 1
    assert film.rendered == 1


def test_what_a_clip_goes_on_from_is_rendered_again_in_the_middle_of_a_film(
    ray_here: RaySession, tmp_path: Path, rendered: Rendered
) -> None:
    """The renderer spoils it just before it reads it."""
    heard = list[Event]()
    film = make_film(plan_in(tmp_path), renderer=reading(tmp_path, spoils=1), on_event=heard.append)
    assert film.path is not None
    assert probe_video(film.path).num_frames == 24
    (failed,) = [event for event in heard if isinstance(event, Failed)]
    assert not failed.final
    assert [event for event in heard if isinstance(event, Log) and "river.launch: its clip" in event.message]
    assert len(mended(film)) == 1


def test_what_is_damaged_again_and_again_is_given_up(ray_here: RaySession, tmp_path: Path, rendered: Rendered) -> None:
    with pytest.raises(RenderError, match=r"river\.drift: .*is damaged"):
        make_film(plan_in(tmp_path), renderer=reading(tmp_path, spoils=100))


def test_a_film_that_cannot_be_cut_for_another_reason_ends_as_it_did(
    ray_here: RaySession, tmp_path: Path, rendered: Rendered
) -> None:
    def damage(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "edit":
            raise BlobCorrupt("of nothing")

    with pytest.raises(FlowsError, match="of nothing"):
        make_film(plan_in(tmp_path), renderer=reading(tmp_path), on_event=damage)


def reading(folder: Path, spoils: int = 0) -> RendererSpec:
    return RendererSpec(READER, {"folder": str(folder), "spoils": spoils})
