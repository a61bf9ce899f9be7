"""Lower levels inherit from upper ones: film, scene, shot, key by key."""

from __future__ import annotations

from flows.storyboard.inherit import inherited
from flows.storyboard.kinds import FreeText
from flows.storyboard.model import Continuity, SamplingOverride
from flows.storyboard.quantities import Number
from flows.storyboard.records import Field, Record, Values
from tests.flows.storyboard.conftest import Desk
from tests.flows.storyboard.reading import read
from tests.flows.storyboard.test_shots import film

SAMPLING = Record("sampling", "S.", (Field("steps", Number(1, 9), "S."), Field("shift", Number(1, 9), "S.")))
SHOT = Record(
    "a shot", "S.", (Field("sampling", SAMPLING, "S."), Field("video", SAMPLING, "V."), Field("note", FreeText(), "N."))
)


def values(text: str) -> Values:
    found, problems = read(SHOT, text)
    assert problems == []
    assert isinstance(found, Values)
    return found


def test_sampling_is_taken_key_by_key_and_other_maps_as_a_whole() -> None:
    under = values("{sampling: {steps: 1, shift: 2}, video: {steps: 1, shift: 2}}")
    over = values("{sampling: {shift: 3}, video: {shift: 3}, note: x}")
    both = inherited(under, over)
    assert both.get("sampling").values == {"steps": 1.0, "shift": 3.0}
    assert both.get("video").values == {"shift": 3.0}
    assert set(both.places) == {"sampling", "sampling.steps", "sampling.shift", "video", "video.shift", "note"}
    assert under.get("sampling").values == {"steps": 1.0, "shift": 2.0}, "neither is changed"
    assert over.get("sampling").values == {"shift": 3.0}


def test_nothing_above_changes_nothing() -> None:
    over = values("{note: x}")
    assert inherited(None, over) is inherited(values("{}"), over) is over


def test_lower_levels_inherit_from_upper_ones(desk: Desk) -> None:
    text = film(
        "- {prompt: a}\n- {prompt: b, duration: 4s, sampling: {flow_shift: 3}, look: {lens: macro}}\n",
        top="look: {style: paper, lens: 35mm}\nshot_defaults: {duration: 1s, takes: 2, sampling: {solver: dpmpp}}\n",
        scene="    look: {style: ink}\n    defaults: {duration: 3s, sampling: {num_inference_steps: 9}}\n",
    )
    first, second = desk.load(text).shots
    assert (first.prompt, first.duration, first.takes) == ("a, ink, 35mm", 3.0, 2)
    assert (second.prompt, second.duration, second.takes) == ("b, ink, macro", 4.0, 2)
    assert first.sampling == SamplingOverride(9, solver="dpmpp")
    assert second.sampling == SamplingOverride(9, flow_shift=3.0, solver="dpmpp")


def test_camera_is_short_for_look_camera(desk: Desk) -> None:
    first, second = desk.load(film("- {prompt: a, camera: slow pan}\n- {prompt: b}\n")).shots
    assert (first.prompt, first.camera) == ("a, slow pan", "slow pan")
    assert (second.prompt, second.camera) == ("b", None)
    problem = desk.the_problem(film("- {prompt: a, camera: x, look: {camera: y}}\n"))
    assert problem.message == "camera is written twice: here and in look"


def test_a_replaced_map_leaves_no_places_of_the_inherited_one(desk: Desk) -> None:
    defaults = "shot_defaults: {continuity: {from: previous, by: overlap, frames: 5}}\n"
    _, second = desk.load(film("- {prompt: a}\n- {prompt: b, continuity: {from: previous}}\n", top=defaults)).shots
    assert second.continuity == Continuity("river.shot-1")
    assert second.where("continuity.frames").line == 8
