"""Every variant is told what it needs to hear, and how long the answer may be."""

from __future__ import annotations

import re

import pytest

from wan.prompts import instruction_for
from wan.prompts.instructions import system_message
from wan.variants import VARIANTS

INSTRUCTIONS = {name: variant.instruction for name, variant in VARIANTS.items()}


def test_there_is_none_for_what_is_no_variant() -> None:
    with pytest.raises(KeyError):
        instruction_for("t2v-14b", pictured=False)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("pictured", [False, True])
def test_the_length_and_the_rules_are_said_once(variant: str, pictured: bool) -> None:
    instruction = instruction_for(variant, pictured=pictured)
    text = system_message(instruction, pictured=pictured)
    assert f"Length: {instruction.least} to {instruction.most} words." in text
    assert text.count("Add no new subject") == text.count("Write in the language of the prompt") == 1
    assert (instruction.picture in text) is pictured
    assert "  " not in text


def test_lengths_are_those_the_variants_were_made_for() -> None:
    assert (INSTRUCTIONS["t2v-a14b"].least, INSTRUCTIONS["t2v-a14b"].most) == (60, 200)
    assert INSTRUCTIONS["i2v-a14b"].most <= 100
    assert INSTRUCTIONS["s2v-14b"].most <= 80


def test_a_limit_of_ones_own_replaces_it() -> None:
    text = system_message(INSTRUCTIONS["t2v-a14b"], pictured=False, most=40)
    assert "Length: 20 to 40 words." in text
    assert "200" not in text


def test_motion_belongs_to_the_text_or_to_the_video() -> None:
    assert re.search("motion alone", INSTRUCTIONS["i2v-a14b"].task)
    assert re.search("expression of the face.*eyes look.*gestures.*posture", INSTRUCTIONS["s2v-14b"].task)
    assert re.search("Motion.*come from the video, so say nothing", INSTRUCTIONS["animate-14b"].task)


def test_five_billion_parameters_with_a_picture_are_told_what_i2v_is_told() -> None:
    assert instruction_for("ti2v-5b", pictured=True) is INSTRUCTIONS["i2v-a14b"]
    assert instruction_for("ti2v-5b", pictured=False) is INSTRUCTIONS["t2v-a14b"]
