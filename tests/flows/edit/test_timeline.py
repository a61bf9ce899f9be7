"""From a plan and its takes to a timeline: what is seen when, and what is said when."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from flows.clips import Medium
from flows.edit import chosen_take, make_timeline
from flows.errors import EditError, StoryboardError
from flows.planning.model import PlannedShot
from flows.storyboard.model import Cue, Deliverable, Music, Size, Transition, Voiceover
from tests.flows.edit.films import ShotSpec, a_film, fingerprint_of
from tests.flows.made import changed

SHOTS = [
    ShotSpec("river.launch", ((17, 0, 12),), scores=(0.2, 0.9, 0.9)),
    ShotSpec("river.drift", ((17, 1, 16),), Transition("dissolve", 0.25), caption="Adrift"),
    ShotSpec("dusk.long", ((17, 0, 17), (9, 1, 8)), Transition("cut", 0.0)),
    ShotSpec("dusk.end", ((9, 0, 9),), Transition("fade_black", 0.125)),
]


def paint(shot: str, take: int, frames: int) -> np.ndarray:
    return np.full((frames, 24, 32, 3), sum(shot.encode()) % 200 + take, np.uint8)


def said(shot: PlannedShot, digest: str) -> PlannedShot:
    """The shot with this sound of its own."""
    media = (Medium("audio", digest),)
    takes = [replace(take, clips=tuple(changed(clip, media=media) for clip in take.clips)) for take in shot.takes]
    return replace(shot, takes=tuple(takes))


def test_transitions_overlap_and_shorten_the_film(tmp_path: Path) -> None:
    timeline = make_timeline(*a_film(tmp_path, SHOTS, paint))
    assert [(entry.start, entry.end, entry.overlap) for entry in timeline.entries] == [
        (0, 12, 0),
        (6, 22, 6),
        (22, 47, 0),
        (44, 53, 3),
    ]
    assert timeline.num_frames == 53
    assert timeline.seconds == Fraction(53, 24)
    assert [entry.transition for entry in timeline.entries] == ["cut", "dissolve", "cut", "fade_black"]
    assert timeline.entries[1].caption == "Adrift"


def test_a_dissolve_into_a_shot_that_goes_on_is_over_soon(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint)
    launch, drift, long, end = plan.shots
    goes_on = replace(plan, shots=(launch, replace(drift, depends_on=(launch.id,)), long, end))
    blends = [[entry.blend for entry in make_timeline(made, takes, store).entries] for made in (plan, goes_on)]
    assert blends == [[0, 6, 0, 0], [0, 5, 0, 0]]


def test_hidden_frames_are_skipped_and_clips_follow_each_other(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint)
    entries = make_timeline(plan, takes, store).entries
    assert [(shown.skip, shown.frames) for shown in entries[1].ranges] == [(1, 16)]
    assert [(shown.skip, shown.frames) for shown in entries[2].ranges] == [(0, 17), (1, 8)]
    assert entries[2].ranges[1].file == store.local_path(takes[fingerprint_of("dusk.long", 0, 1)].video)


def test_the_best_take_is_shown_and_the_first_among_equals(tmp_path: Path) -> None:
    plan, takes, _ = a_film(tmp_path, SHOTS, paint)
    assert chosen_take(plan.shots[0], takes).fingerprint == fingerprint_of("river.launch", 1, 0)
    without = {name: record for name, record in takes.items() if name != fingerprint_of("river.launch", 1, 0)}
    assert chosen_take(plan.shots[0], without).fingerprint == fingerprint_of("river.launch", 2, 0)


def test_a_take_is_as_good_as_its_weakest_clip(tmp_path: Path) -> None:
    plan, takes, _ = a_film(tmp_path, SHOTS, paint)
    long = next(shot for shot in plan.shots if shot.id == "dusk.long")
    (first,) = long.takes
    other = tuple(replace(clip, fingerprint=f"other {number}") for number, clip in enumerate(first.clips))
    second = replace(first, fingerprint="other 1", clips=other)
    qualities = {first.clips[0]: 0.2, first.clips[1]: 0.9, other[0]: 0.5, other[1]: 0.4}
    record = takes[first.fingerprint]
    judged = {clip.fingerprint: replace(record, scores={"quality": each}) for clip, each in qualities.items()}
    assert chosen_take(replace(long, takes=(first, second)), judged) is second


def test_a_take_with_a_missing_clip_does_not_count(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint)
    without = {name: record for name, record in takes.items() if name != fingerprint_of("dusk.long", 0, 0)}
    with pytest.raises(EditError, match=r"dusk\.long: no take"):
        make_timeline(plan, without, store)


def test_a_clip_shorter_than_planned_is_an_error(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint)
    short = {**takes, fingerprint_of("dusk.end", 0, 0): replace(takes[fingerprint_of("dusk.end", 0, 0)], num_frames=8)}
    with pytest.raises(EditError, match=r"dusk\.end: its clip has 8 frames"):
        make_timeline(plan, short, store)


def test_cues_are_counted_from_where_their_shot_is_first_seen(tmp_path: Path) -> None:
    file = tmp_path / "voice.wav"
    voices = (
        Voiceover(file, Cue("river.drift", 0.5), -3.0),
        Voiceover(file, Cue(None, 1.0)),
    )
    timeline = make_timeline(*a_film(tmp_path, SHOTS, paint, music=Music(file, -12.0), voices=voices))
    assert [voice.at for voice in timeline.voices] == [0.75, 1.0]
    assert timeline.voices[0].gain_db == -3.0
    assert timeline.music == Music(file, -12.0)


def test_a_shots_own_sound_fades_as_long_as_it_overlaps_its_neighbours(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint)
    speech = store.put_bytes(b"speech")
    silent, *speaking = plan.shots
    plan = replace(plan, shots=(silent, *(said(shot, speech) for shot in speaking)))
    heard = [
        tuple(round(seconds * 24) for seconds in (voice.at, voice.seconds or 0, voice.fade_in, voice.fade_out))
        for voice in make_timeline(plan, takes, store).voices
    ]
    assert heard == [(6, 16, 6, 0), (22, 25, 0, 3), (44, 9, 3, 0)]


def test_impossible_deliverables_are_all_named(tmp_path: Path) -> None:
    deliver = (Deliverable("film"), Deliverable("odd", Size(405, 720)))
    with pytest.raises(StoryboardError, match="404x720") as raised:
        make_timeline(*a_film(tmp_path, SHOTS, paint, deliver=deliver))
    assert len(raised.value.problems) == 2
