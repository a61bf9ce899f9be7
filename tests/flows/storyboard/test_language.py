"""The table of the language: whole, and of one mind with what it is read into."""

from __future__ import annotations

from dataclasses import fields

from flows.storyboard.language import CONTROL, DEFAULTS, FILM, GROUPS, MOTION, SAMPLING, SHOT, homes
from flows.storyboard.model import Control, Motion, SamplingOverride, Shot
from flows.storyboard.shapes import records
from wan.variants import VARIANTS

READ_OTHERWISE = {"look", "camera"}
"""Keys that become words of the prompt."""
MADE = {"scene", "place", "places", "negative_prompt", "cast", "words", "approved", "leads_to"}
"""Fields of a shot that are no keys of it."""


def test_every_key_of_a_shot_is_a_field_of_it_and_the_other_way_round() -> None:
    assert set(SHOT.by_key) - READ_OTHERWISE == {field.name for field in fields(Shot)} - MADE - READ_OTHERWISE
    assert set(MOTION.by_key) == {field.name for field in fields(Motion)}
    assert set(CONTROL.by_key) == {field.name for field in fields(Control)}
    assert set(SAMPLING.by_key) == {field.name for field in fields(SamplingOverride)}


def test_defaults_have_every_key_of_a_shot_but_those_of_one_shot_alone() -> None:
    assert set(SHOT.by_key) - set(DEFAULTS.by_key) == {"id", "prompt", "take", "caption"}


def test_a_key_in_the_wrong_place_is_told_where_it_belongs() -> None:
    assert homes()["mask"] == ("motion", "control")
    assert "a shot" in homes()["prompt"]
    assert set(homes()) == {field.key for record in records(FILM) for field in record.fields}


def test_every_record_and_key_says_what_it_is_for() -> None:
    for record in records(FILM):
        assert record.doc.endswith(".")
        assert len({field.key for field in record.fields}) == len(record.fields)
        assert all(field.doc.endswith(".") for field in record.fields)


def test_what_can_be_shared_is_what_the_film_has() -> None:
    assert set(GROUPS) <= set(FILM.by_key)


def test_a_variant_may_be_named_or_chosen() -> None:
    assert SHOT.by_key["variant"].kind.schema()["anyOf"][0] == {"enum": ["auto", *VARIANTS]}
