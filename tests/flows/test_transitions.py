"""One table a transition: everything that names one is made from it, and the ffmpeg that is shipped knows them all."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from flows.edit import find_ffmpeg
from flows.settings import FilmSettings
from flows.storyboard import words
from flows.transitions import TRANSITIONS
from wan.system.suggest import suggestions

REPOSITORY = Path(__file__).parents[2]


def test_the_language_knows_every_row_and_nothing_else() -> None:
    assert {name: join.help for name, join in TRANSITIONS.items()} == words.TRANSITIONS


def test_every_row_says_in_one_way_how_it_is_made() -> None:
    made = {name: (join.xfade is not None) + (join.through is not None) for name, join in TRANSITIONS.items()}
    assert made == {name: int(name != "cut") for name in TRANSITIONS}
    blends = [join.xfade for join in TRANSITIONS.values() if join.xfade]
    assert len(set(blends)) == len(blends)


def test_the_shipped_ffmpeg_knows_every_blend(tmp_path: Path) -> None:
    binary = find_ffmpeg(FilmSettings(outputs=tmp_path, subfolder=None, crf=18, preset="fast", ffmpeg=None))
    said = subprocess.run([binary, "-h", "filter=xfade"], capture_output=True, text=True, check=True).stdout
    known = {words[0] for line in said.splitlines() if (words := line.split())}
    assert {join.xfade for join in TRANSITIONS.values() if join.xfade} <= known


def test_names_are_words_with_low_lines_between() -> None:
    assert all(part.isalpha() and part.islower() for name in TRANSITIONS for part in name.split("_"))


def test_both_shots_are_seen_through_each_other_only_while_they_show_the_same() -> None:
    both = {kind: TRANSITIONS[kind].both_seen(24, Fraction(24), goes_on=True) for kind in TRANSITIONS}
    assert {kind: frames for kind, frames in both.items() if frames != 24} == {
        "cut": 0,
        "fade_black": 0,
        "fade_white": 0,
        "dissolve": 5,
    }
    assert TRANSITIONS["dissolve"].both_seen(24, Fraction(24), goes_on=False) == 24
    assert TRANSITIONS["dissolve"].both_seen(2, Fraction(24), goes_on=True) == 2
    assert TRANSITIONS["dissolve"].both_seen(24, Fraction(24), goes_on=True, alike=9) == 9
    assert TRANSITIONS["dissolve"].both_seen(24, Fraction(24), goes_on=True, alike=1) == 5


@pytest.mark.parametrize(("written", "meant"), [("wipeleft", "wipe_left"), ("fade", "fade_black")])
def test_a_name_of_ffmpegs_leads_to_ours(written: str, meant: str) -> None:
    assert suggestions(written, words.TRANSITIONS)[0] == meant


NEW_ROW = """
from types import MappingProxyType
from flows import codecs, transitions
squares = transitions.Join("in squares", "pixelize")
transitions.TRANSITIONS = MappingProxyType({**transitions.TRANSITIONS, "squares": squares})
raw = codecs.Codec("raw", {"c:v": "ffv1"}, container=codecs.MOV)
codecs.CODECS = MappingProxyType({**codecs.CODECS, "ffv1": raw})
from flows.edit import deliverables, picture
from flows.storyboard import words
from flows.storyboard.reference import reference_text
from flows.storyboard.schema import schema_text
from wan.system.suggest import did_you_mean
text, schema = reference_text(), schema_text()
assert "| `squares` | in squares |" in text and "| `ffv1` | raw |" in text
assert '"squares"' in schema and '"ffv1"' in schema
assert did_you_mean("sqares", words.TRANSITIONS) == "did you mean squares?"
assert picture.TRANSITIONS["squares"].xfade == "pixelize"
assert deliverables.CODECS["ffv1"] is raw
"""


def test_a_new_transition_and_a_new_codec_are_a_row_each() -> None:
    """Language, schema, reference, suggestions and edit know them, and nothing else was touched."""
    done = subprocess.run([sys.executable, "-c", NEW_ROW], cwd=REPOSITORY, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
