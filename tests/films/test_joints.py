"""Where one clip goes on from another, with the tiny family: nobody sees the joint."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import flows
from flows.cluster.requests import request_of
from flows.cluster.wan_clips import WanRenderer
from flows.film.survey import put_assets
from flows.media import load_image, read_video
from flows.store import open_store
from wan.families import FAMILIES
from wan.load import load_pipeline
from wan.pipeline import Pipeline
from wan.request import ArrayVideo, ClipRequest, Frames
from wan.tiny.judge import judge, moments, sprite_mask
from wan.tiny.measure import psnr
from wan.variants import VARIANTS
from wan.weights.checkpoint import Checkpoint

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


BOARD = """
storyboard: 1
title: Going on
format: {size: 256x144, fps: 16}
scenes:
  - id: dusk
    setting: over water at dusk
    shots:
      - {id: one, prompt: "a paper toy, soft light", image: face.png, audio: voice.wav, duration: 1.8}
      - {id: two, prompt: "a paper toy, soft light", audio: voice.wav, duration: 2, continuity: previous}
"""


class Quiet:
    """Nobody listens, and nobody wants a stop."""

    def progress(self, stage: str, step: int, steps: int) -> None:
        pass

    def should_stop(self) -> bool:
        return False


def test_a_speaker_goes_on_speaking_in_the_next_shot(tmp_path: Path) -> None:
    for name in ("face.png", "voice.wav"):
        shutil.copy(ASSETS / name, tmp_path)
    (tmp_path / "film.yaml").write_text(BOARD)
    plan = flows.plan(flows.load(tmp_path / "film.yaml", overrides=[f"store.address={tmp_path / 'store'}"]))
    store = open_store(str(tmp_path / "store"))
    put_assets(store, plan.assets, plan.clips)
    renderer = WanRenderer(threads=1, family="tiny", device="cpu")
    records = [store.publish(renderer.render(clip, store, Quiet())) for clip in plan.clips]
    one, two = (np.stack(list(read_video(store.local_path(record.video)))) for record in records)
    assert (len(one), len(two)) == (29, 32)
    joined = changes(one[: plan.clips[0].keep], two)
    assert joined[2] < 1.6 * max(joined[:2] + joined[3:])
    hand_off = plan.clips[1].spec.hand_off
    assert hand_off is not None
    assert hand_off.what == "frames", "between shots, what is shown, not what is carried"


MOVING = """
storyboard: 1
title: Going further
format: {size: 256x144, fps: 16}
seed: 5
scenes:
  - id: sea
    setting: over water at noon
    shots:
      - {id: one, prompt: a red boat moves left to right, duration: 1}
      - {id: two, prompt: a red boat moves left to right, duration: 1, continuity: {from: previous, by: overlap}}
      - {id: three, prompt: "a paper toy rises, soft light", duration: 1, continuity: {from: one, by: reference}}
"""


def test_motion_goes_on_through_an_overlap(tmp_path: Path) -> None:
    """Shape, colour and speed are kept, and the clip is given the frames that were shown, bit for bit. A shot that is
    shown a frame of it has its colour."""
    (tmp_path / "film.yaml").write_text(MOVING)
    plan = flows.plan(flows.load(tmp_path / "film.yaml", overrides=[f"store.address={tmp_path / 'store'}"]))
    store = open_store(str(tmp_path / "store"))
    renderer = WanRenderer(threads=1, family="tiny", device="cpu")
    first, second, third = plan.clips
    assert [clip.spec.variant for clip in plan.clips] == ["t2v-a14b", "vace-fun-a14b", "vace-fun-a14b"]
    records = [store.publish(renderer.render(clip, store, Quiet())) for clip in (first, second)]
    one, two = (np.stack(list(read_video(store.local_path(record.video)))) for record in records)
    shown = one[: first.keep]
    known = request_of(second.spec, store).before
    assert known is not None
    assert np.array_equal(known, shown[-second.skip_first :])
    assert psnr(torch.from_numpy(two[: second.skip_first]), torch.from_numpy(known)) > 26
    film = np.concatenate([shown, two[second.skip_first : second.skip_first + second.keep]])
    reading = judge(film)
    assert (reading.shape, reading.colour, reading.motion) == ("boat", "red", "left_to_right")
    _, x, _ = moments(sprite_mask(film)[None])
    before, after = (float((part[-1] - part[0]) / (len(part) - 1)) for part in (x[0][7:16], x[0][16:25]))
    assert abs(after - before) < 0.25 * before
    (looks,) = request_of(third.spec, store).references
    assert np.array_equal(looks, shown[-1])
    record = store.publish(renderer.render(third, store, Quiet()))
    anew = judge(np.stack(list(read_video(store.local_path(record.video)))))
    assert (anew.colour, anew.motion) == ("red", "rises"), "the prompt says no colour"
