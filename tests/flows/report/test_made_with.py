"""How a clip was made is told from the fields of its spec."""

from __future__ import annotations

from dataclasses import field, make_dataclass

import pytest

from flows.clips import ClipLora, ClipSpec, HandOff, Medium
from flows.clips.facts import facts
from flows.fields import hints
from flows.report.made_with import in_words, made_with
from tests.flows.made import a_spec

ASSETS = {"a" * 64: "/films/face.png", "d" * 64: "/films/talk.wav"}


def test_every_field_that_says_something_is_told() -> None:
    told = made_with(a_spec(checkpoint="c" * 64, image="a" * 64, strength=0.5), ASSETS)
    assert told["Size"] == "256 × 144"
    assert (told["Checkpoint"], told["Image"], told["Strength"]) == ("c" * 12, "face.png", "0.5")
    assert (told["Steps"], told["Guidance"], told["Solver"]) == ("12", "high 4, low 3", "unipc")
    assert not {"Negative prompt", "Control scale", "Continuity", "Tiling", "LoRAs"} & told.keys()


def test_parts_are_told_with_their_names() -> None:
    spec = a_spec(
        loras=(ClipLora("b" * 64, 0.5, "high"),),
        media=(Medium("audio", "d" * 64),),
        hand_off=HandOff((("e" * 64,),), frame=3),
    )
    told = made_with(spec, ASSETS)
    assert told["LoRAs"] == f"digest {'b' * 12}, weight 0.5, expert high"
    assert told["Media"] == "name audio, digest talk.wav"
    assert told["Continuity"] == f"takes {'e' * 12}, what frame, frame 3, back 0, count 1, repeated 0"


def test_a_new_field_is_told_at_once() -> None:
    kind = make_dataclass(
        "Newer", [("weather", str, field(default="dry"))], bases=(ClipSpec,), frozen=True, kw_only=True
    )
    usual = {name: getattr(a_spec(), name) for name in hints(ClipSpec)}
    assert made_with(kind(**usual, weather="wet"), {}, facts(kind))["Weather"] == "wet"


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, ""), (False, ""), (True, "yes"), (4.0, "4"), (7, "7"), ([], ""), ([[], "x"], "x"), ({"a": None}, "")],
)
def test_values_in_words(value: object, words: str) -> None:
    assert in_words(value, {}) == words
