"""Where one clip goes on from another, with the tiny family: nobody sees the joint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flows.media import load_image, read_audio
from wan.checkpoint import Checkpoint
from wan.families import FAMILIES
from wan.load import load_pipeline
from wan.pipeline import Pipeline
from wan.request import ArrayVideo, Audio, ClipRequest, Frames
from wan.variants import VARIANTS

pytestmark = pytest.mark.slow
ASSETS = Path(__file__).parents[2] / "storyboards" / "assets"
TINY = FAMILIES["tiny"]


def pipeline_of(variant: str) -> Pipeline:
    return load_pipeline(variant, Checkpoint.open(TINY, variant), device="cpu")


def frames_of(pipeline: Pipeline, request: ClipRequest) -> Frames:
    return pipeline.decode(pipeline.advance(pipeline.encode(request)))


def changes(before: Frames, after: Frames) -> list[float]:
    """How much each frame differs from the one before it, around the joint: the third is that of the joint."""
    shown = np.concatenate([before[-3:], after[:3]]).astype(np.float32)
    return [float(value) for value in np.abs(np.diff(shown, axis=0)).mean((1, 2, 3))]


def test_a_long_video_is_changed_clip_after_clip_without_a_seam() -> None:
    role, overlap = TINY.roles["t2v-a14b"], VARIANTS["t2v-a14b"].overlap
    assert role.sampling is not None
    still = load_image(ASSETS / "boat_left.png")[:144, :256]
    panned = ArrayVideo(np.stack([np.roll(still, 2 * frame, axis=1) for frame in range(61)]))
    request = ClipRequest(
        prompt="a red boat moves left to right, over water at dusk",
        width=256,
        height=144,
        num_frames=33,
        sampling=replace(role.sampling, num_inference_steps=8),
        seed=1,
        video=panned,
        strength=0.75,
    )
    pipeline = pipeline_of("t2v-a14b")
    first = frames_of(pipeline, request)
    later = replace(request, seed=2, start_frame=33 - overlap)
    joined = changes(first, frames_of(pipeline, replace(later, before=first[-overlap:]))[overlap:])
    forgotten = changes(first, frames_of(pipeline, later)[overlap:])
    assert joined[2] < 1.3 * max(joined[:2] + joined[3:])
    assert forgotten[2] > 2 * max(forgotten[:2] + forgotten[3:])


def test_a_speaker_goes_on_speaking_in_the_next_shot() -> None:
    role = TINY.roles["s2v-14b"]
    assert role.sampling is not None
    request = ClipRequest(
        prompt="a paper toy, over water at dusk, soft light",
        width=256,
        height=128,
        num_frames=29,
        sampling=role.sampling,
        seed=1,
        image=load_image(ASSETS / "face.png"),
        audio=Audio(*read_audio(ASSETS / "voice.wav")),
    )
    pipeline = pipeline_of("s2v-14b")
    first = frames_of(pipeline, request)
    later = replace(request, seed=2, num_frames=32, image=None)
    for before, allowed in ((first, 1.6), (first[-1:], 2.0)):
        joined = changes(first, frames_of(pipeline, replace(later, before=before)))
        assert joined[2] < allowed * max(joined[:2] + joined[3:])
