"""S2V as ComfyUI's nodes."""

from __future__ import annotations

from pathlib import Path

from flows.clips import HandOff, Medium
from tests.flows.export.comfy import clip, exported, inputs_of, nodes_of


def test_speech_after_another_shot_needs_that_shots_frames() -> None:
    voice, after = (Medium("audio", "voice"),), HandOff((("elsewhere",),), what="frames")
    made = exported(clip("s2v-14b", media=voice, num_frames=80, hand_off=after))
    given = inputs_of(made, "WanSoundImageToVideo")
    assert given["ref_motion"] == given["ref_image"]  # who speaks is the frame that is handed on
    assert made.files == {"voice.wav": Path("/in/voice.wav"), "the shot before_last_frame.png": None}
    assert any("takes up to 73 last frames" in note for note in made.notes)


def test_speech_goes_on_over_several_clips_and_is_decoded_once_at_the_end() -> None:
    voice = (Medium("audio", "voice"),)
    first = clip("s2v-14b", image="face", media=voice)
    following = clip(
        "s2v-14b", "b", image="face", media=voice, num_frames=80, keep=70, start_frame=77,
        hand_off=HandOff((("a",),), what="carried"),
    )  # fmt: skip
    made = exported(first, following)
    assert inputs_of(made, "WanSoundImageToVideoExtend")["length"] == 80
    assert inputs_of(made, "ImageFromBatch")["length"] == 147
    assert len(nodes_of(made, "AudioEncoderEncode")) == 1
    assert "audio" in inputs_of(made, "CreateVideo")
    assert any("187.5" in note for note in made.notes)
