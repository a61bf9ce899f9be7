"""VACE as ComfyUI's nodes."""

from __future__ import annotations

from typing import Any

from flows.clips import HandOff, Medium
from flows.export import export_shot
from tests.flows.export.comfy import check, clip, exported, inputs_of, nodes_of, plan, shot

VACE = "vace-fun-a14b"


def test_control_with_mask_and_references() -> None:
    media = (Medium("control", "depth"), Medium("mask", "mask"), Medium("references", "face"))
    made = exported(clip("vace-fun-a14b", media=media, control_scale=0.7))
    assert inputs_of(made, "WanVaceToVideo")["strength"] == 0.7
    assert {"control_video", "control_masks", "reference_image"} < inputs_of(made, "WanVaceToVideo").keys()
    assert len(nodes_of(made, "KSamplerAdvanced")) == 2
    assert inputs_of(made, "TrimVideoLatent")["trim_amount"][1] == 3


def test_an_overlap_stands_before_the_control_and_is_black_in_the_mask() -> None:
    before = shot("river.launch", clip("t2v-a14b"))
    media = (Medium("control", "depth"), Medium("mask", "mask"))
    hand_off = HandOff((("a",),), "frames", count=9)
    after = clip(VACE, "b", media=media, start_frame=-9, hand_off=hand_off, skip_first=9, keep=72)
    made = export_shot(plan(before, shot("river.drift", after)), "drift")
    check(made)
    assert "river_launch_last_9_frames.mkv" in made.files
    assert any("begins with frames of river.launch" in note for note in made.notes)
    cuts = [(cut["inputs"]["batch_index"], cut["inputs"]["length"]) for cut in nodes_of(made, "ImageFromBatch")]
    assert cuts == [(0, 72), (0, 72), (9, 72)], "of the control, of the mask, and what the film shows"
    assert inputs_of(made, "EmptyImage")["batch_size"] == 9
    vace = inputs_of(made, "WanVaceToVideo")
    joined: Any = made.nodes[vace["control_video"][0]]
    assert joined["class_type"] == "ImageBatch"
    loaded: Any = made.nodes[joined["inputs"]["image1"][0]]
    assert loaded["class_type"] == "GetVideoComponents"


def test_a_later_clip_begins_with_the_last_frames_of_the_one_before() -> None:
    hand_off = HandOff((("a",),), "frames", count=9)
    second = clip(VACE, "b", hand_off=hand_off, skip_first=9, keep=72)
    made = exported(clip(VACE, media=(Medium("references", "face"),)), second)
    cuts = [(cut["inputs"]["batch_index"], cut["inputs"]["length"]) for cut in nodes_of(made, "ImageFromBatch")]
    assert (72, 9) in cuts
    last = nodes_of(made, "WanVaceToVideo")[-1]["inputs"]
    assert {"control_video", "control_masks"} <= last.keys(), "the node makes the rest grey, and white"


def test_a_first_frame_stands_before_the_control() -> None:
    made = exported(clip(VACE, media=(Medium("control", "depth"),), image="face", keep=81))
    assert inputs_of(made, "EmptyImage")["batch_size"] == 1
    assert (1, 80) in [(c["inputs"]["batch_index"], c["inputs"]["length"]) for c in nodes_of(made, "ImageFromBatch")]


def test_a_frame_for_looks_is_the_reference_where_there_is_no_other() -> None:
    before = shot("river.launch", clip("t2v-a14b"))
    looks = HandOff((("a",),), "reference")
    made = export_shot(plan(before, shot("river.drift", clip(VACE, "b", hand_off=looks))), "drift")
    check(made)
    assert made.files == {"river_launch_last_frame.png": None}
    assert any("shall look like river.launch" in note for note in made.notes)
    assert "reference_image" in inputs_of(made, "WanVaceToVideo")
    assert not nodes_of(made, "EmptyImage"), "it starts anew"
    cast = clip(VACE, "b", hand_off=looks, media=(Medium("references", "face"),))
    both = export_shot(plan(before, shot("river.drift", cast)), "drift")
    assert any("this shot has 2, the first is used" in note for note in both.notes)
