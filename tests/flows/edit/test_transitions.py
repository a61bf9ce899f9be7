"""The names a storyboard may use and the ways the editor knows are the same ones."""

from __future__ import annotations

from flows.edit.deliverables import ENCODERS
from flows.edit.transitions import TRANSITIONS
from flows.storyboard import words


def test_every_transition_of_the_language_can_be_edited_and_no_other() -> None:
    assert set(TRANSITIONS) == set(words.TRANSITIONS)


def test_every_codec_of_the_language_can_be_encoded_and_no_other() -> None:
    assert set(ENCODERS) == set(words.VIDEO_CODECS)
