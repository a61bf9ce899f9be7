"""Fields of a spec by the names that people know them by."""

from __future__ import annotations

from flows.clips.facts import facts
from flows.fields import plain
from tests.flows.made import a_spec


def test_parts_without_a_name_of_their_own_are_told_by_their_fields() -> None:
    paths = {fact.path: fact.called for fact in facts()}
    assert paths["sampling", "num_inference_steps"] == "steps"
    assert paths["sampling", "guidance_scale"] == "guidance"
    assert paths["numerics", "vae_tiling"] == "tiling"
    assert paths["hand_off",] == "continuity"
    assert paths["loras",] == "LoRAs"


def test_what_follows_from_another_field_says_so_for_all_its_parts() -> None:
    causes = {fact.called: fact.follows for fact in facts()}
    assert {causes[name] for name in ("steps", "flow shift", "solver", "checkpoint", "renderer")} == {"variant"}
    assert causes["prompt"] == causes["precision"] == ""


def test_a_value_is_found_and_one_that_lacks_is_as_it_was_before_there_was_the_field() -> None:
    known = {fact.called: fact for fact in facts()}
    spec = plain(a_spec(seed=5))
    assert (known["seed"].of(spec), known["steps"].of(spec)) == (5, 12)
    assert (known["control scale"].of({}), known["tiling"].of({"numerics": {}}), known["LoRAs"].of({})) == (
        1.0,
        False,
        [],
    )
