"""The files of a film: who names each first, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.errors import MediaError, Place
from flows.media.treated import TREATED
from flows.resolve.assets import Facts
from flows.resolve.files import Files, first_uses, look_at_files
from flows.storyboard.model import (
    CastMember,
    Control,
    Lora,
    Motion,
    Music,
    Scene,
    Shot,
    Soundtrack,
    Storyboard,
    VideoToVideo,
    Voiceover,
)
from wan.families import FAMILIES

FULL = FAMILIES["wan22"]
A, B, C, D, E, F = (Path("/films", name) for name in "abcdef")


def film(*shots: dict[str, Any], soundtrack: Soundtrack | None = None) -> Storyboard:
    """A shot each; the nth stands on line n."""
    made = [
        Shot(id=f"s{line}", scene="a", place=Place("x", line, 1), places={}, **{"prompt": "x", **values})
        for line, values in enumerate(shots, 1)
    ]
    return Storyboard(
        title="X",
        slug="x",
        path=Path("x.yaml"),
        scenes=(Scene("a", tuple(made)),),
        soundtrack=soundtrack or Soundtrack(),
    )


def test_every_file_has_a_kind_and_the_place_that_names_it_first() -> None:
    at = Place("x", 9, 9)
    sound = Soundtrack(Music(A), (Voiceover(B), Voiceover(C)), places={"voiceover.0.file": at})
    shots = {"image": D, "audio": A}, {"image": D, "motion": Motion(E)}, {"video": VideoToVideo(F, 0.5)}
    uses = first_uses(film(*shots, soundtrack=sound), FULL)
    assert {path.name: (kind, place and place.line, shot) for path, (kind, place, shot) in uses.items()} == {
        "d": ("image", 1, "a.s1"),
        "a": ("audio", 1, "a.s1"),
        "e": ("video", 2, "a.s2"),
        "f": ("video", 3, "a.s3"),
        "b": ("audio", 9, None),
        "c": ("audio", None, None),
    }


def test_a_lora_is_named_at_a_place_of_its_own() -> None:
    place = Place("x", 7, 7)
    uses = first_uses(film({"loras": (Lora("fur"), Lora("a", file=A, place=place))}), FULL)
    assert uses == {A: ("lora", place, "a.s1")}


def test_the_cast_is_looked_at_where_a_variant_is_shown_it() -> None:
    cast = (CastMember("owl", "an owl", A),)
    assert first_uses(film({"image": B, "cast": cast}), FULL).keys() == {B}
    assert first_uses(film({"control": Control(C), "cast": cast}), FULL).keys() == {C, A}
    assert first_uses(film({"variant": "vace-fun-a14b", "cast": cast}), FULL) == {
        A: ("image", Place("x", 1, 1), "a.s1")
    }
    assert first_uses(film({"variant": "nothing", "cast": cast}), FULL) == {}


def test_what_is_known_of_each_is_sorted_by_what_it_is() -> None:
    treatment = next(name for name, told in TREATED.items() if told.message)
    looked: dict[Path, Facts | MediaError] = {
        A: Facts("1" * 64, size=(64, 36), treated=(treatment,)),
        B: Facts("2" * 64, seconds=1.0, promised=2.0),
        C: MediaError("c is broken"),
        D: MediaError("d is odd", "mend it"),
    }
    files = Files({path: ("image", Place("x", 1, 1), "a.s1") for path in looked}, looked)
    assert files.digests == {A: "1" * 64, B: "2" * 64}
    assert (files.sizes, files.seconds, files.treated) == ({A: (64, 36)}, {B: 1.0}, {A: (treatment,)})
    assert [(problem.message, problem.fix, problem.shot) for problem in files.problems] == [
        ("c is broken", "name a file that can be read, or make this one anew", "a.s1"),
        ("d is odd", "mend it", "a.s1"),
    ]
    cut_off, treated = files.remarks
    assert cut_off.message == "b is cut off: its header says 2.00 s, 1.00 s are there"
    assert treated.message.startswith("a ")
    assert treated.fix == TREATED[treatment].fix


def test_a_film_of_no_files_reads_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.resolve.files.look_at", lambda *_, **__: pytest.fail("nothing is to be looked at"))
    assert look_at_files({}).facts == {}
