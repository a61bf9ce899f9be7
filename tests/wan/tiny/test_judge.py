from __future__ import annotations

import pytest
import torch

from wan.tiny.draw import draw_clip
from wan.tiny.judge import judge
from wan.tiny.measure import cases, judge_fakes, judge_truth, read_clips, scores, true_clips
from wan.tiny.world import COLOURS, LIGHTS, MOTIONS, PLACES, SHAPES, Scene


@pytest.mark.parametrize("index", [0, 2, 4, 5, 7])
def test_the_judge_reads_true_clips_whole(index: int) -> None:
    scene = Scene(
        SHAPES[index % 8], COLOURS[(index * 3) % 8], PLACES[index // 3], LIGHTS[index % 3], MOTIONS[index % 6]
    )
    reading = judge(draw_clip(scene, seed=index))
    assert reading.scene == scene
    assert reading.confidence > 0.7


def test_the_judge_reads_a_sample_of_held_out_clips() -> None:
    assert judge_truth(6) == {"clips": 6.0, "read_percent": 100.0}


def test_the_judge_refuses_what_is_no_clip_of_the_world() -> None:
    assert judge_fakes() == {"noise": True, "blank": True, "static": True, "static with grain": True}


def test_a_clip_played_backwards_moves_the_other_way() -> None:
    clip = draw_clip(Scene("heart", "red", "snow", "dusk", "rises"), seed=5)
    assert judge(clip).motion == "rises"
    assert judge(clip[::-1].copy()).motion == "falls"


def test_an_empty_backdrop_has_a_place_but_no_sprite() -> None:
    import wan.tiny.backdrops as backdrops

    still = backdrops.stills(256, 144)[backdrops.index_of("snow", "night")]
    clip = (still * 255).round().to(torch.uint8).permute(1, 2, 0).expand(33, -1, -1, -1)
    reading = judge(clip)
    assert (reading.place, reading.light) == ("snow", "night")
    assert reading.shape is None
    assert reading.motion is None
    assert reading.scene is None


def test_scores_count_each_kind_of_word() -> None:
    some = cases(4)
    readings = read_clips(true_clips(some))
    assert scores(readings, [case.scene for case in some])["mean"] == 100.0
    other = [Scene(c.scene.shape, c.scene.colour, c.scene.place, c.scene.light, "none") for c in some]
    assert scores(readings, other)["motion"] == 0.0
    assert scores(readings, other)["shape"] == 100.0


def test_a_wrong_shape_of_tensor_is_named() -> None:
    with pytest.raises(ValueError, match="the judge wants"):
        judge(torch.zeros(4, 8, 8, 3, dtype=torch.uint8))
