"""VACE as ComfyUI's nodes."""

from __future__ import annotations

from flows.clips import Medium
from tests.flows.export.comfy import clip, exported, inputs_of, nodes_of


def test_control_with_mask_and_references() -> None:
    media = (Medium("control", "depth"), Medium("mask", "mask"), Medium("references", "face"))
    made = exported(clip("vace-fun-a14b", media=media, control_scale=0.7))
    assert inputs_of(made, "WanVaceToVideo")["strength"] == 0.7
    assert {"control_video", "control_masks", "reference_image"} < inputs_of(made, "WanVaceToVideo").keys()
    assert len(nodes_of(made, "KSamplerAdvanced")) == 2
    assert inputs_of(made, "TrimVideoLatent")["trim_amount"][1] == 3
