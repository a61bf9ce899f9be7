"""The table of what a shot can bring: whole, and each row read from shots as it says."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from flows.clips import ClipSpec
from flows.shots.inputs import (
    GROUPS,
    HELD,
    INPUTS,
    asked_of_a_variant,
    brought,
    driver,
    ending,
    layers,
    media_of,
    references,
    shown_as_it_is,
)
from flows.storyboard.language import SHOT
from flows.storyboard.model import CastMember, Continuity, ContinuityKind, Control, Lora, Motion, Shot, VideoToVideo
from tests.flows.shots.conftest import FILE, shot
from wan.inputs import NEEDED, USES
from wan.request import ClipRequest
from wan.variants import VARIANTS

A, B, C = Path("/films/a.mp4"), Path("/films/b.mp4"), Path("/films/c.mp4")
VACE, SPEECH, ANIMATE = VARIANTS["vace-fun-a14b"], VARIANTS["s2v-14b"], VARIANTS["animate-14b"]
NO_MEDIA = {
    *("prompt", "negative_prompt", "width", "height", "num_frames", "sampling", "seed", "start_frame"),
    *("strength", "control_scale", "carried"),
}
"""Fields of a request that are made of words and numbers, or that a clip hands to the next one of its shot."""


def paths_in(kind: Any, key: str) -> Iterator[str]:
    """The dotted keys below which a type holds files."""
    if get_origin(kind) in (Union, types.UnionType, tuple):
        for inner in get_args(kind):
            yield from paths_in(inner, key)
    elif kind is Path:
        yield key
    elif is_dataclass(kind):
        for name, inner in get_type_hints(kind).items():
            yield from paths_in(inner, f"{key}.{name}")


def test_every_file_that_a_shot_can_hold_has_a_row() -> None:
    held = {key for field, kind in get_type_hints(Shot).items() for key in paths_in(kind, field)}
    rows = {f"{row.key}.{row.each}" if row.each else row.key for row in INPUTS if row.given is None}
    assert rows == held


def test_every_field_of_a_request_that_is_made_of_an_input_has_a_row() -> None:
    made = {field.name for field in fields(ClipRequest)} - NO_MEDIA
    assert {name for row in INPUTS for name in row.fills} == made


def test_a_row_asks_for_what_a_variant_must_have_to_use_its_fields() -> None:
    for row in INPUTS:
        if row.use is not None and row.kind != "frame":
            for field in row.fills:
                takes = [use for use in USES[field] if use.asks == row.use.asks]
                assert [use.unless in ("", row.use.unless) for use in takes] == [True], (row.key, field)
    capabilities = {name for variant in VARIANTS.values() for name in variant.inputs}
    assert {row.use.asks for row in INPUTS if row.use} == capabilities
    assert {row.meets for row in INPUTS if row.meets} >= {
        need for variant in VARIANTS.values() for need in variant.needs
    }
    assert set(NEEDED) >= {need for variant in VARIANTS.values() for need in variant.needs}


def test_keys_of_the_table_are_keys_of_the_language() -> None:
    for row in INPUTS:
        if row.key not in ("cast", "leads_to"):  # the film's, and what follows from another shot
            assert row.group in SHOT.by_key
        if row.option:
            assert row.option.partition(".")[0] == row.group
    assert all(row.over in {other.key for other in INPUTS} for row in INPUTS if row.over)
    assert [row.group for row in INPUTS] == [group for group, rows in GROUPS.items() for _ in rows]


def test_what_drives_a_shot_says_what_happens_at_its_end() -> None:
    assert all(row.end is not None for row in INPUTS if row.drives)


def test_what_auto_takes_can_use_what_it_is_taken_for() -> None:
    for row in INPUTS:
        if row.auto:
            assert row.use is not None
            assert row.use.by(VARIANTS[row.auto])


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ({}, []),
        ({"image": FILE, "end_image": FILE}, ["image", "end_image"]),
        ({"audio": A, "motion": Motion(pose=B)}, ["audio", "motion.pose"]),
        ({"control": Control(A, B, (FILE,))}, ["control.video", "control.mask", "control.references"]),
        ({"control": Control(scale=0.5)}, []),
        ({"continuity": Continuity("s.b")}, ["continuity"]),
        ({"continuity": Continuity("s.b", "overlap")}, ["continuity"]),
        ({"continuity": Continuity("s.b", "reference")}, ["continuity"]),
        ({"camera": "slow pan left"}, ["camera"]),
        ({"camera": "wobble"}, []),
        ({"camera": "slow pan left", "control": Control(A)}, ["control.video"]),
        ({"video": VideoToVideo(A, 0.5), "loras": (Lora("fur"), Lora("ink", file=B))}, ["video.file", "loras"]),
        ({"cast": (CastMember("owl", "an owl"),)}, []),
        ({"cast": (CastMember("owl", "an owl", FILE),)}, ["cast"]),
    ],
)
def test_a_shot_brings_what_is_written(values: dict[str, Any], keys: list[str]) -> None:
    assert [row.key for row, _ in brought(shot(**values))] == keys


def test_a_file_is_where_it_is_named() -> None:
    named = Lora("ink", file=B, place=shot(variant="x").where("variant"))
    brings = shot(control=Control(A, references=(FILE, C)), cast=(CastMember("owl", "an owl", FILE),), loras=(named,))
    lines = {row.key: [place.line for _, place in row.uses(brings)] for row, _ in brought(brings)}
    assert lines == {"control.video": [8], "control.references": [8, 8], "cast": [1], "loras": [2]}


def test_what_is_not_there_has_no_files() -> None:
    for row in INPUTS:
        assert row.files(shot()) == () == tuple(row.uses(shot()))
    (video,) = (row for row in INPUTS if row.key == "motion.video")
    assert video.files(shot(motion=Motion(A, "replace"))) == (A,)
    assert video.option_of(shot(motion=Motion(A, "replace"))) == "replace"


def test_every_key_asks_a_variant_for_something() -> None:
    brings = shot(image=FILE, control=Control(A, references=(FILE,)), continuity=Continuity("s.b"), camera="pan left")
    assert asked_of_a_variant(brings) == {
        "image": {"image"},
        "continuity": {"continuity"},
        "control": {"control", "references"},
    }
    assert asked_of_a_variant(shot(control=Control(scale=0.5))) == {"control": {"control"}}


@pytest.mark.parametrize("by", get_args(ContinuityKind))
def test_each_way_of_going_on_has_one_row(by: ContinuityKind) -> None:
    continued = shot(continuity=Continuity("s.b", by))
    (row,) = (row for row, _ in brought(continued))
    assert row.use is not None
    assert asked_of_a_variant(continued) == {"continuity": {row.use.asks}}
    assert [variant.name for variant in VARIANTS.values() if row.use.by(variant)]


def test_media_are_what_the_variant_can_use_each_once_and_in_one_order() -> None:
    owl = CastMember("owl", "an owl", FILE)
    steered = shot(control=Control(A, B, (FILE, C)), cast=(owl,), image=FILE)
    names = [(row.name, path) for row, path in media_of(steered, VACE)]
    assert names == [("control", A), ("mask", B), ("references", FILE), ("references", C)]
    assert media_of(steered, ANIMATE) == []
    posed = shot(image=FILE, audio=A, motion=Motion(pose=B))
    assert [(row.name, path) for row, path in media_of(posed, SPEECH)] == [("audio", A), ("pose", B)]
    assert [row.name for row, _ in media_of(shot(motion=Motion(B)), ANIMATE)] == ["motion"]
    assert media_of(shot(loras=(Lora("ink", file=B),)), VACE) == []


def test_references_are_those_of_the_shot_then_those_of_the_cast_each_once() -> None:
    cast = (CastMember("owl", "an owl", C), CastMember("fox", "a fox", FILE))
    assert references(shot(control=Control(references=(FILE,)), cast=cast)) == (FILE, C)


@pytest.mark.parametrize(
    ("values", "drives"),
    [
        ({"image": FILE}, None),
        ({"audio": A, "motion": Motion(pose=B)}, ("audio", A)),
        ({"motion": Motion(pose=B, face=C)}, ("motion.pose", B)),
        ({"control": Control(A, B)}, ("control.video", A)),
        ({"control": Control(references=(FILE,))}, None),
        ({"video": VideoToVideo(A, 0.5)}, ("video.file", A)),
    ],
)
def test_one_file_says_how_long_a_shot_is(values: dict[str, Any], drives: tuple[str, Path] | None) -> None:
    found = driver(shot(**values))
    assert (found and (found[0].key, found[1])) == drives


def test_what_may_end_too_early_and_what_lies_over_what() -> None:
    replaced = shot(motion=Motion(None, "replace", pose=A, face=A, background=B, mask=C))
    assert [(row.key, over, under) for row, over, under in layers(replaced)] == [
        ("motion.background", B, A),
        ("motion.mask", C, A),
    ]
    assert [row.key for row, _, _ in ending(replaced)] == ["motion.pose"]
    masked = shot(control=Control(A, B))
    assert [(row.key, over, under) for row, over, under in layers(masked)] == [("control.mask", B, A)]
    assert [(row.key, end) for row, _, end in ending(masked)] == [("control.video", HELD), ("control.mask", HELD)]
    assert [row.key for row, _, _ in ending(shot(audio=A, motion=Motion(pose=B)))] == ["audio"]


def test_models_go_on_from_pictures_and_driving_videos_as_they_are() -> None:
    brings = shot(image=FILE, motion=Motion(A), control=Control(B), video=VideoToVideo(C, 1.0))
    assert [(row.key, path) for row, path in shown_as_it_is(brings)] == [
        ("image", FILE),
        ("motion.video", A),
        ("video.file", C),
    ]


def test_pictures_of_the_first_and_last_clip_have_fields_of_their_own() -> None:
    assert {"image", "last_image"} <= {field.name for field in fields(ClipSpec)}
