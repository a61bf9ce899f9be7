"""The names a storyboard may use and the ways the editor knows are the same ones."""

from __future__ import annotations

from fractions import Fraction

from flows.edit.deliverables import ENCODERS
from flows.edit.transitions import TRANSITIONS
from flows.storyboard import words


def test_every_transition_of_the_language_can_be_edited_and_no_other() -> None:
    assert set(TRANSITIONS) == set(words.TRANSITIONS)


def test_both_shots_are_seen_through_each_other_only_while_they_show_the_same() -> None:
    both = {kind: TRANSITIONS[kind].both_seen(24, Fraction(24), goes_on=True) for kind in TRANSITIONS}
    assert {kind: frames for kind, frames in both.items() if frames != 24} == {
        "cut": 0,
        "fade": 0,
        "fadewhite": 0,
        "dissolve": 5,
    }
    assert TRANSITIONS["dissolve"].both_seen(24, Fraction(24), goes_on=False) == 24
    assert TRANSITIONS["dissolve"].both_seen(2, Fraction(24), goes_on=True) == 2


def test_every_codec_of_the_language_can_be_encoded_and_no_other() -> None:
    assert set(ENCODERS) == set(words.VIDEO_CODECS)
