"""Did you mean: by what others call a thing, by spelling, and no wild guesses."""

from __future__ import annotations

import pytest

from flows.storyboard import words
from flows.storyboard.language import homes
from wan.system.suggest import SYNONYMS, did_you_mean, suggestions

SHOT = ("id", "prompt", "duration", "image", "seed", "takes", "look", "caption", "transition")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("sead", ["seed"]),  # one letter mistaken,
        ("seeed", ["seed"]),  # added,
        ("sed", ["seed"]),  # left out,
        ("sede", ["seed"]),  # and two that changed places
        ("PROMPT", ["prompt"]),
        ("transitoin", ["transition"]),
        ("dur", ["duration"]),
        ("text", ["prompt", "caption"]),
        ("start-image", ["image"]),
        ("logo", []),
        ("name", []),
        ("", []),
    ],
)
def test_what_was_meant_is_found_and_nothing_else(word: str, meant: list[str]) -> None:
    assert suggestions(word, SHOT) == meant


def test_a_crossfade_is_a_dissolve_and_no_fade() -> None:
    assert did_you_mean("crossfade", words.TRANSITIONS) == "did you mean dissolve?"
    assert did_you_mean("fade-to-black", words.TRANSITIONS) == "did you mean fade_black?"


def test_names_are_written_as_the_place_wants_them() -> None:
    assert did_you_mean("boaat", ["boat"], shown="<{}>".format) == "did you mean <boat>?"
    assert did_you_mean("zeppelin", ["boat"], "there is: boat") == "there is: boat"
    assert suggestions("BOAT", ["Boat"]) == ["Boat"]


def test_every_synonym_leads_to_something_that_exists() -> None:
    named = {*homes(), *words.TRANSITIONS, *words.CONTINUITY, *words.VIDEO_CODECS, *words.SOLVERS}
    settings = {
        "cuda",
        "gpus_per_worker",
        "cluster.gpus_per_worker",
        "cpus_per_worker",
        "cluster.cpus_per_worker",
        "address",
    }
    assert {name for meant in SYNONYMS.values() for name in meant} <= named | settings
