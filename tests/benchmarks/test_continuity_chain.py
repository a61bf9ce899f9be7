"""The measures of chains, on clips that are drawn and not rendered."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import continuity_chain
from benchmarks.continuity_chain import SHOWN, Chain, chains, colour_error, main, measure_chain
from wan.request import Frames
from wan.tiny.draw import Staging, draw_batch, to_frames
from wan.tiny.judge import moments, sprite_mask
from wan.tiny.paths import Path as Way
from wan.tiny.world import NUM_FRAMES, Scene

SCENE = Scene("boat", "red", "water", "noon", "left_to_right")
FAR = Way((0.15, 0.85), (0.5, 0.5), (0.2, 0.2))


def drawn(frames: range, tint: int = 0) -> Frames:
    """The boat on its way to the right."""
    video, _ = draw_batch([Staging(SCENE, FAR, 0.0)], frames=frames)
    return np.clip(to_frames(video)[0].astype(int) + tint, 0, 255).astype(np.uint8)


class Drawn:
    """In place of pipelines: a shot that goes on as the drawing does, after `skipped` more frames."""

    def __init__(self, skipped: int = 0, tint: int = 0) -> None:
        self.skipped, self.tint = skipped, tint

    def first(self, prompt: str, seed: int) -> Frames:
        return drawn(range(SHOWN))

    def of(self, way: str) -> continuity_chain.Render:
        start = SHOWN + self.skipped
        return lambda prompt, seed, before: drawn(range(start, min(start + SHOWN, NUM_FRAMES)), self.tint)


def measured(renderers: Drawn) -> dict[str, float]:
    return measure_chain(Chain(SCENE, 1), "last_frame", 2, renderers)  # type: ignore[arg-type]


def test_what_goes_on_as_it_did_has_its_speed_its_place_and_its_colours() -> None:
    figures = measured(Drawn())
    assert figures["speed"] < 5
    assert figures["jump"] < 1
    assert figures["colour"] < 1
    assert (figures["shape_right"], figures["colour_right"], figures["backdrop_right"]) == (100, 100, 100)


def test_a_jump_and_a_tint_are_found() -> None:
    assert measured(Drawn(skipped=1))["jump"] == pytest.approx(0.7 * 256 / 32, abs=0.8)
    assert measured(Drawn(tint=12))["colour"] > measured(Drawn())["colour"] + 2
    assert colour_error(drawn(range(9)), drawn(range(9))) == 0


def test_the_sprite_is_where_it_was_drawn() -> None:
    _, x, _ = moments(sprite_mask(drawn(range(SHOWN)))[None])
    wanted = torch.tensor([FAR.at(frame)[0] for frame in range(SHOWN)])
    assert torch.allclose(x[0], wanted, atol=0.02)


def test_two_shots_go_on_and_two_come_back() -> None:
    chain = Chain(SCENE, 1)
    assert [chain.motion(number) for number in range(5)] == [
        *["left_to_right"] * 2,
        *["right_to_left"] * 2,
        "left_to_right",
    ]
    assert chain.prompt(2) == "a red boat moves right to left, over water at noon"
    assert len({one.seed for one in chains(6)}) == 6


def test_chains_that_are_in_the_file_are_not_rendered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def measure(chain: Chain, way: str, shots: int, renderers: object) -> dict[str, float]:
        made.append(way)
        return {"colour": float(len(made))}

    monkeypatch.setattr(continuity_chain, "measure_chain", measure)
    arguments = ["--shots", "2", "--json", str(tmp_path / "chain.json"), "--ways", "last_frame"]
    assert main([*arguments, "--seeds", "1"]) == main([*arguments, "--seeds", "2"]) == 0
    assert len(made) == 2
    (way,) = json.loads((tmp_path / "chain.json").read_text()).values()
    assert len(way) == 2
