"""Values that are written in words: what each kind takes, and what it says of anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.storyboard.kinds import Asset, Choice, Flag, FreeText, LoraName, Moment, ShotReference, Version, Word
from flows.storyboard.model import Cue
from flows.storyboard.words import ID
from tests.flows.storyboard.reading import read, refused

WORD = Word(ID, "an id", reserved=("previous",))


@pytest.mark.parametrize("text", ["on", "12:30", "016", "a, b", "${x}"])
def test_text_stays_text(text: str) -> None:
    found, problems = read(FreeText(), text)
    assert (found.value, problems) == (text, [])


def test_text_is_printable_not_endless_and_without_templates_where_they_mean_nothing() -> None:
    assert refused(FreeText(), '"a\\bb"') == ("key holds the control character U+0008", "remove it")
    assert refused(FreeText(limit=3), "four") == ("key has 4 characters", "at most 3 are allowed")
    assert refused(FreeText(templates=False), "'{{ x }}'") == (
        "key cannot hold a template itself",
        "write the text out",
    )
    assert read(FreeText(), "'{{ x }}'")[1] == []


def test_an_id_is_small_letters_and_no_word_with_a_meaning() -> None:
    assert read(WORD, "shot-1") == ("shot-1", [])
    assert refused(WORD, "Shot 1") == ("key must be an id, not 'Shot 1'", "for example shot-1")
    assert refused(WORD, "7")[1] is None, "there is nothing like it"
    assert refused(WORD, "previous") == ("key cannot be 'previous': the word has a meaning", "choose another name")


def test_a_choice_names_the_nearest_or_all() -> None:
    choice = Choice({"dissolve": "", "fade": ""})
    assert read(choice, "fade") == ("fade", [])
    assert refused(choice, "disolve") == ("unknown key 'disolve'", "did you mean dissolve?")
    assert refused(choice, "zzz") == ("unknown key 'zzz'", "one of dissolve, fade")


def test_a_version_is_written_without_quotes() -> None:
    assert read(Version(1), "1") == (1, [])
    message, fix = refused(Version(1), "'1'")
    assert (message, fix) == ("version '1' of the storyboard language is not known", "this wanflow reads storyboard: 1")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False)])
def test_a_flag_is_true_or_false(text: str, value: bool) -> None:
    assert read(Flag(), text) == (value, [])


@pytest.mark.parametrize(
    ("text", "fix"), [("yes", "write true"), ("'no'", "write false"), ("1", "write true or false")]
)
def test_what_is_nearly_a_flag_is_said(text: str, fix: str) -> None:
    assert refused(Flag(), text)[1] == fix


def test_a_file_is_looked_for_by_its_kind() -> None:
    assert read(Asset("image"), "a.png") == (Path("/assets/image/a.png"), [])
    assert Asset("audio").words() == "a sound file"


def test_a_lora_is_a_name_or_a_file() -> None:
    lora = LoraName(r"[a-z/ ]+")
    (text, file), problems = read(lora, "style/grain")
    assert (text.value, file, problems) == ("style/grain", None, [])
    (text, file), problems = read(lora, "fur.safetensors")
    assert (text.value, file, problems) == ("fur.safetensors", Path("/assets/lora/fur.safetensors"), [])
    assert refused(lora, "fur.pth") == (
        "fur.pth is pickled, and such weights are refused",
        "take one that ends in .safetensors",
    )
    assert refused(LoraName(".+"), "face.png")[0] == "face.png is no LoRA"
    assert refused(lora, "../fur")[0].startswith("key must be the name of a LoRA")


def test_another_shot_is_named_by_an_id_or_two() -> None:
    assert read(ShotReference(), "river.drift")[0].value == "river.drift"
    assert refused(ShotReference(), "River") == (
        "key must be `previous`, a shot's id, or `scene.shot`, not 'River'",
        None,
    )


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("1.5s", Cue(None, 1.5)),
        ("river.drift", Cue("river.drift", 0.0)),
        ("river.drift + 0.5s", Cue("river.drift", 0.5)),
        ("drift -500ms", Cue("drift", -0.5)),
    ],
)
def test_a_moment_is_a_time_or_a_shot_and_a_time(text: str, cue: Cue) -> None:
    assert read(Moment(), text)[0][1] == cue


def test_a_moment_with_a_comma_is_understood_and_refused() -> None:
    assert refused(Moment(), "'drift + 0,5s'")[1] == "a decimal point, not a comma: write drift + 0.5s"
    assert refused(Moment(), "soon or late")[1] is None


def test_every_kind_describes_itself_to_editors_and_people() -> None:
    files = Asset("image"), LoraName(".+")
    for kind in (FreeText(), WORD, Choice({"a": ""}), Version(1), Flag(), *files, ShotReference(), Moment()):
        assert kind.schema()
        assert kind.words()
