"""I2V as ComfyUI's nodes."""

from __future__ import annotations

from pathlib import Path

from tests.flows.export.comfy import clip, exported, inputs_of


def test_a_picture_first_and_last() -> None:
    made = exported(clip("i2v-a14b", image="face"))
    assert inputs_of(made, "WanImageToVideo")["start_image"]
    both = exported(clip("i2v-a14b", image="face", last_image="end"))
    assert {"start_image", "end_image"} < inputs_of(both, "WanFirstLastFrameToVideo").keys()
    assert both.files == {"face.png": Path("/in/face.png"), "end.png": Path("/in/end.png")}
