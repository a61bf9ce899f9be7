"""Animate as ComfyUI's nodes."""

from __future__ import annotations

from pathlib import Path

from flows.clips import ClipLora, HandOff, Medium
from tests.flows.export.comfy import clip, exported, inputs_of, nodes_of


def test_animate_with_ready_made_videos() -> None:
    media = (Medium("pose", "pose"), Medium("face", "head"), Medium("background", "back"), Medium("mask", "mask"))
    first = clip("animate-14b", image="face", media=media)
    second = clip(
        "animate-14b", "b", image="face", media=media, hand_off=HandOff((("a",),), what="carried"), skip_first=1,
        keep=76, start_frame=76,
    )  # fmt: skip
    made = exported(first, second)
    one, two = (node["inputs"] for node in nodes_of(made, "WanAnimateToVideo"))
    assert "continue_motion" not in one
    assert one["video_frame_offset"] == 0
    assert {"continue_motion", "character_mask", "background_video"} < two.keys()
    assert two["video_frame_offset"][1] == 5
    assert inputs_of(made, "LoraLoaderModelOnly")["lora_name"].startswith("WanAnimate_relight")


def test_animate_from_a_plain_video_says_what_has_to_be_made_of_it() -> None:
    made = exported(clip("animate-14b", image="face", media=(Medium("motion", "dance", "animate"),)))
    assert made.files["river_launch_pose.mp4"] is None
    assert made.files["dance.mp4"] == Path("/in/dance.mp4")
    assert not nodes_of(made, "LoraLoaderModelOnly")


def test_a_face_of_ones_own_is_not_made_from_the_driving_video() -> None:
    media = (Medium("motion", "dance", "replace"), Medium("prepared", "key"), Medium("face", "head"))
    made = exported(clip("animate-14b", image="face", media=media, loras=(ClipLora("relight"),)))
    assert {name for name, path in made.files.items() if path is None} == {
        f"river_launch_{name}.mp4" for name in ("background", "mask", "pose")
    }
    assert "head.mp4" in made.files
    assert len(nodes_of(made, "LoraLoaderModelOnly")) == 1
