"""Overrides change values before they are checked; text stays text, and a wrong one names the nearest."""

from __future__ import annotations

import pytest

from flows.storyboard.model import Continuity, SamplingOverride, Transition
from tests.flows.storyboard.conftest import Desk

TEXT = """storyboard: 1
title: A film
scenes:
  - id: river
    shots:
      - {id: launch, prompt: a, seed: 1}
      - {id: drift, prompt: b, transition: dissolve}
  - shots:
      - {prompt: c}
      - {id: launch, prompt: d}
"""


def test_a_shot_is_found_by_its_id_its_full_id_and_its_position(desk: Desk) -> None:
    overrides = [
        "storyboard.seed=3",
        "storyboard.shots.drift.seed=4",
        "storyboard.shots.river.launch.seed=5",
        "storyboard.scenes.1.shots.0.seed=6",
        "storyboard.scenes.scene-2.shots.launch.seed=7",
        "title=Another",
    ]
    storyboard = desk.load(TEXT, overrides)
    assert (storyboard.seed, storyboard.title) == (3, "Another")
    assert [shot.seed for shot in storyboard.shots] == [5, 4, 6, 7]


@pytest.mark.parametrize(
    ("value", "prompt"),
    [
        ("on", "on"),
        ("12:30", "12:30"),
        ("{a: b}", "{a: b}"),
        ("a, b", "a, b"),
        ("'a, b'", "a, b"),
        ("x=y", "x=y"),
        ("3", "3"),
    ],
)
def test_text_stays_text(desk: Desk, value: str, prompt: str) -> None:
    assert desk.load(TEXT, [f"storyboard.shots.drift.prompt={value}"]).shots[1].prompt == prompt


def test_maps_are_made_on_the_way_and_short_forms_spelled_out(desk: Desk) -> None:
    overrides = [
        "storyboard.shots.drift.sampling.num_inference_steps=9",
        "storyboard.shots.drift.transition.duration=0.25",
        "++storyboard.shots.drift.continuity={from: river.launch}",
        "+storyboard.look.style=ink",
    ]
    shot = desk.load(TEXT, overrides).shots[1]
    assert shot.sampling == SamplingOverride(9)
    assert shot.transition == Transition("dissolve", 0.25)
    assert shot.continuity == Continuity("river.launch")
    assert shot.prompt == "b, ink"


def test_a_key_can_be_removed(desk: Desk) -> None:
    assert desk.load(TEXT, ["~storyboard.shots.drift.transition"]).shots[1].transition == Transition()
    problem = desk.the_problem(TEXT, ["~storyboard.shots.drift.image"])
    assert problem.message == "there is no image to remove"


@pytest.mark.parametrize(
    ("override", "column", "message", "fix"),
    [
        ("storyboard.sead=3", 12, "unknown key 'sead' in the storyboard", "did you mean seed?"),
        ("storyboard.seed=x", 17, "seed must be a whole number", None),
        ("storyboard.seed=", 17, "seed has no value", "write one"),
        ("storyboard.shots.drif.seed=3", 18, "there is no shot 'drif'", "did you mean drift?"),
        ("storyboard.shots.launch.seed=3", 18, "more than one shot is called 'launch'", "river.launch, scene-2.launch"),
        ("storyboard.shots.river.drif.seed=3", 18, "there is no shot 'river.drif'", "did you mean river.drift?"),
        ("storyboard.scenes.7.shots.0.seed=3", 19, "there is no entry '7' here", "entries are 0 to 1"),
        ("storyboard.shots.drift.promt=x", 24, "unknown key 'promt' in a shot", "did you mean prompt?"),
        ("storyboard.shots.drift=x", 1, "an override cannot replace a whole shot", "name a key of it"),
        ("storyboard.seed.x=3", 17, "nothing is inside seed.x", None),
        ("storyboard.shots.drift.sampling={solver: x}", 42, "unknown solver 'x'", "one of"),
        ("storyboard.shots.drift.sampling={solver: x]", 43, "the YAML cannot be read", None),
        ("storyboard.title", 1, "this is not an override", "storyboard.key=value"),
    ],
)
def test_a_wrong_override_is_shown_with_its_column(
    desk: Desk, override: str, column: int, message: str, fix: str | None
) -> None:
    problem = desk.the_problem(TEXT, [override])
    assert str(problem.place) == f"override {override}:1:{column}"
    assert message in problem.message
    assert (fix or "") in (problem.fix or "")


def test_an_override_of_one_alias_leaves_the_others(desk: Desk) -> None:
    text = "storyboard: 1\ntitle: x\nscenes:\n  - shots:\n"
    text += "      - {prompt: a, look: &l {style: ink}}\n      - {prompt: b, look: *l}\n"
    first, second = desk.load(text, ["storyboard.scenes.0.shots.1.look.style=oil"]).shots
    assert (first.prompt, second.prompt) == ("a, ink", "b, oil")


def test_an_override_through_something_of_another_kind_is_refused(desk: Desk) -> None:
    found = desk.check(TEXT + "soundtrack: []\n", ["storyboard.soundtrack.music.gain_db=3"])
    assert "the storyboard has a list on this way, where a map is expected" in [problem.message for problem in found]


def test_overrides_of_a_film_with_two_scenes_of_one_name_do_not_confuse(desk: Desk) -> None:
    text = TEXT + "  - {id: river, shots: [{id: other, prompt: e}]}\n"
    problem = desk.the_problem(text, ["storyboard.shots.other.seed=3"])
    assert problem.message == "two scenes have the id 'river'"


VARIABLES = """storyboard: 1
title: "A {{ colour }} film"
variables: {product: boat, spare: x}
cast: {it: {description: "a paper {{ product }}"}}
scenes: [{shots: [{prompt: "<it> at {{ hour | default('noon') }}"}]}]
"""


@pytest.mark.parametrize(
    ("override", "fix"),
    [
        ("storyboard.variables.produkt=car", "did you mean product?"),
        ("storyboard.variables.spare=car", "variables in use: colour, hour, product"),
    ],
)
def test_a_variable_that_no_text_names_is_no_override(desk: Desk, override: str, fix: str) -> None:
    colour = "storyboard.variables.colour=red"
    (problem,) = desk.check(VARIABLES, [colour, override])
    assert problem.message.startswith("no text names the variable")
    assert problem.fix == fix
    assert str(problem.place).startswith(f"override {override}:1:22")
    used = ["storyboard.variables.product=car", "storyboard.variables.hour=dusk", colour]
    storyboard = desk.load(VARIABLES, used)
    assert (storyboard.title, storyboard.shots[0].prompt) == ("A red film", "a paper car at dusk")


def test_where_texts_cannot_be_read_no_variable_is_said_to_be_unused(desk: Desk) -> None:
    (problem,) = desk.check(VARIABLES, ["storyboard.variables.produkt=car"])
    assert "unknown variable 'colour'" in problem.message
