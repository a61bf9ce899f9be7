"""T2V as ComfyUI's nodes."""

from __future__ import annotations

import pytest

from flows.clips import Medium
from tests.flows.export.comfy import clip, exported, inputs_of, nodes_of
from wan.sampling import schedule
from wan.variants import VARIANTS


def test_text_to_video_has_two_experts_that_change_at_the_references_step() -> None:
    made = exported(clip("t2v-a14b"))
    high, low = (node["inputs"] for node in nodes_of(made, "KSamplerAdvanced"))
    split = int(schedule(VARIANTS["t2v-a14b"].sampling).high_noise.sum())
    assert split == 26
    assert (high["start_at_step"], high["end_at_step"], high["cfg"], high["add_noise"]) == (0, 26, 4.0, "enable")
    assert (low["start_at_step"], low["cfg"], low["add_noise"]) == (26, 3.0, "disable")
    assert (high["return_with_leftover_noise"], low["return_with_leftover_noise"]) == ("enable", "disable")
    assert high["steps"] == low["steps"] == 40
    assert high["noise_seed"] == low["noise_seed"] == 11
    assert {node["inputs"]["shift"] for node in nodes_of(made, "ModelSamplingSD3")} == {12.0}
    models = [node["inputs"]["unet_name"] for node in nodes_of(made, "UNETLoader")]
    assert ["high" in name for name in models] == [True, False]
    assert inputs_of(made, "EmptyHunyuanLatentVideo") == {"width": 1280, "height": 720, "length": 81, "batch_size": 1}
    assert [node["inputs"]["text"] for node in nodes_of(made, "CLIPTextEncode")] == ["a white boat", "blurry"]
    assert inputs_of(made, "CreateVideo")["fps"] == 16


@pytest.mark.parametrize(("strength", "starts"), [(0.75, [10, 26]), (0.25, [30])])
def test_video_to_video_begins_at_the_step_its_strength_says(strength: float, starts: list[int]) -> None:
    made = exported(clip("t2v-a14b", media=(Medium("video", "old"),), strength=strength))
    samplers = [node["inputs"] for node in nodes_of(made, "KSamplerAdvanced")]
    assert [sampler["start_at_step"] for sampler in samplers] == starts
    assert samplers[0]["add_noise"] == "enable"
