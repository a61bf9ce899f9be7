"""One table a transition: everything that names one is made from it, and the ffmpeg that is shipped knows them all."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from flows.edit import find_ffmpeg
from flows.settings import FilmSettings
from flows.storyboard import words
from flows.transitions import TRANSITIONS
from wan.system.suggest import suggestions


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


@pytest.mark.parametrize(("written", "meant"), [("wipeleft", "wipe_left"), ("fade", "fade_black")])
def test_a_name_of_ffmpegs_leads_to_ours(written: str, meant: str) -> None:
    assert suggestions(written, words.TRANSITIONS)[0] == meant
