"""The plan as programs see it: the keys of the design, stable, plain JSON."""

from __future__ import annotations

import json

import pytest

from flows.clips.fingerprint import fingerprint_of
from flows.ledger.overheads import LOAD
from flows.planning import plan_to_json
from flows.storyboard.model import Continuity, Transition
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot


def test_it_has_the_documented_keys(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    shots = shot("a", takes=2), shot("b", continuity=Continuity("river.a"), transition=Transition("fade_black", 0.5))
    made = json.loads(json.dumps(plan_to_json(plan(film(*shots, seed=7)))))
    assert made["plan_version"] == 1
    assert made["title"] == "X"
    assert made["critical_path"] == ["river.a", "river.b"]
    times = ("estimated_seconds", "start_seconds", "rendering_seconds", "edit_seconds")
    whole, *parts = (made["totals"].pop(name) for name in times)
    assert whole == pytest.approx(sum(parts), abs=0.01)
    assert min(parts) > 0
    assert made["totals"] == {
        "shots": 2,
        "takes": 3,
        "cached": 0,
        "frames": 56,
        "film_seconds": 3.5,
        "estimate": "rough",
        "width": 2,
        "chained_width": 2,
        "keyframes": 0,
        "keyframes_cached": 0,
        "loads": {"t2v-a14b": LOAD, "i2v-a14b": LOAD},
        "gpus": [],
    }
    first, second = made["shots"]
    assert (first["id"], first["scene"], first["variant"]) == ("river.a", "river", "t2v-a14b")
    assert (first["num_frames"], first["film_frames"], first["fps"]) == (33, 32, 16)
    assert (first["width"], first["height"], first["prompt"]) == (256, 144, "a red box rises a")
    assert [(take["seed"], take["status"], take["why"]) for take in first["takes"]] == [
        (7, "new", "new shot"),
        (8, "new", "new shot"),
    ]
    assert all(len(take["fingerprint"]) == 64 for take in first["takes"])
    assert second["depends_on"] == ["river.a"]
    (clip,) = second["takes"][0]["clips"]
    assert clip["spec"]["hand_off"]["takes"] == [[take["fingerprint"]] for take in first["takes"]]
    assert fingerprint_of(clip["spec"]) == clip["fingerprint"]
    assert [(one["start_frame"], one["overlap"]) for one in made["shots"]] == [(0, 0), (24, 8)]
    assert second["transition"] == {"kind": "fade_black", "duration": 0.5}
