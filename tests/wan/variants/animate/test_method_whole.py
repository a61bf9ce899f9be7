"""Animate from files to frames, with random weights: through the loader, and beside diffusers' own pipeline."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage
from safetensors.torch import save_file

from wan.families import Family
from wan.load import load_pipeline
from wan.pipeline import Pipeline
from wan.placement import Placement
from wan.request import ArrayVideo, ClipRequest, Guidance, Lora, Numerics, Precision, Sampling
from wan.sampling.schedule import schedule
from wan.weights.checkpoint import Checkpoint

FACE_SIZE = 32
CHANNELS = {"4": 8, "8": 8, "16": 8, "32": 8}


@pytest.fixture(scope="module")
def checkpoint(family: Family, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    from diffusers import WanAnimateTransformer3DModel
    from transformers import CLIPVisionConfig, CLIPVisionModel

    folder = tmp_path_factory.mktemp("animate")
    torch.manual_seed(5)
    WanAnimateTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        text_dim=16,
        freq_dim=32,
        ffn_dim=32,
        num_layers=4,
        image_dim=24,
        added_kv_proj_dim=24,
        motion_encoder_channel_sizes=CHANNELS,
        motion_encoder_size=FACE_SIZE,
        motion_style_dim=16,
        motion_dim=4,
        motion_encoder_dim=16,
        face_encoder_hidden_dim=16,
        face_encoder_num_heads=2,
        inject_face_latents_blocks=2,
        motion_encoder_batch_size=4,
    ).save_pretrained(folder / "transformer")
    CLIPVisionModel(
        CLIPVisionConfig(
            hidden_size=24,
            intermediate_size=32,
            num_hidden_layers=3,
            num_attention_heads=2,
            image_size=28,
            patch_size=14,
        )
    ).save_pretrained(folder / "image_encoder")
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "WanAnimatePipeline"}))
    assert family.root is not None
    shared = {name: Path(family.root) / "shared" / name for name in ("vae", "text_encoder", "tokenizer")}
    return Checkpoint.at(folder, "animate-14b", shared=shared)


@pytest.fixture(scope="module")
def pipeline(checkpoint: Checkpoint) -> Pipeline:
    return load_pipeline("animate-14b", checkpoint, device="cpu")


@pytest.fixture
def request_() -> Any:
    random = np.random.default_rng(1)

    def video(height: int, width: int) -> ArrayVideo:
        return ArrayVideo(random.integers(0, 256, (17, height, width, 3), dtype=np.uint8))

    mask = np.zeros((17, 32, 48, 3), np.uint8)
    mask[:, 8:24, 16:32] = 255
    return ClipRequest(
        prompt="a red boat moves right",
        negative_prompt="blue",
        width=48,
        height=32,
        num_frames=9,
        sampling=Sampling(3, 5.0, Guidance(1.0, 1.0), "unipc"),
        seed=3,
        image=random.integers(0, 256, (32, 48, 3), dtype=np.uint8),
        pose=video(32, 48),
        face=video(FACE_SIZE, FACE_SIZE),
        background=video(32, 48),
        mask=ArrayVideo(mask),
    )


def _animate(request: ClipRequest) -> ClipRequest:
    return replace(request, background=None, mask=None)


def test_a_picture_moves_and_the_next_clip_goes_on(pipeline: Pipeline, request_: Any) -> None:
    request = _animate(request_)
    first = pipeline.finish(pipeline.advance(pipeline.encode(request)))
    assert first.frames.shape == (9, 32, 48, 3)
    following = pipeline.encode(replace(request, start_frame=8, carried=first.carried))
    second = pipeline.finish(pipeline.advance(following))
    assert second.frames.shape == (9, 32, 48, 3)
    assert not np.array_equal(first.frames, second.frames)


@pytest.mark.parametrize("what", ["pose", "face", "image", "background", "mask", "prompt"])
def test_everything_that_is_given_matters(pipeline: Pipeline, request_: Any, what: str) -> None:
    others: dict[str, Any] = {"prompt": "a blue boat", "image": request_.image[::-1].copy()}
    if what not in others:
        others[what] = ArrayVideo(255 - getattr(request_, what).array)
    before, after = (
        pipeline.advance(pipeline.encode(each)).latents
        for each in (request_, replace(request_, **{what: others[what]}))
    )
    assert not torch.equal(before, after)


def test_a_face_is_read_without_the_loras_of_the_clip_before(pipeline: Pipeline, request_: Any, tmp_path: Path) -> None:
    weight = pipeline.parts.parts["transformer"].model.motion_encoder.motion_network[0].weight  # type: ignore[attr-defined]
    path = tmp_path / "face.safetensors"
    save_file({"motion_encoder.motion_network.0.weight.diff": torch.ones_like(weight)}, path)
    plain, other = request_, replace(request_, loras=(Lora(path, "digest"),))
    before = pipeline.encode(plain).conditions["motions"]
    changed = pipeline.encode(other).conditions["motions"]
    assert not torch.equal(changed, before)
    assert torch.equal(pipeline.encode(plain).conditions["motions"], before)


def test_guidance_takes_the_face_away_from_the_negative_prompt(pipeline: Pipeline, request_: Any) -> None:
    request = _animate(request_)
    guided = replace(request, sampling=replace(request.sampling, guidance_scale=Guidance(2.0, 2.0)))
    state = pipeline.encode(guided)
    assert set(state.conditions) == {"known", "pose", "features", "motions", "no_motions"}
    assert state.conditions["motions"].shape == state.conditions["no_motions"].shape == (1, 9, 16)
    plain = pipeline.advance(pipeline.encode(request)).latents
    assert not torch.equal(pipeline.advance(state).latents, plain)


def test_a_saved_state_goes_on_bit_for_bit(pipeline: Pipeline, request_: Any, tmp_path: Path) -> None:
    from wan.state import State

    start = pipeline.encode(request_)
    pipeline.advance(start, 1).save(tmp_path / "state.safetensors")
    resumed = pipeline.advance(State.load(tmp_path / "state.safetensors"))
    assert torch.equal(resumed.latents, pipeline.advance(start).latents)


@pytest.mark.parametrize("placement", ["expert_swap", "offload", "low_vram"])
def test_a_placement_changes_no_bit(
    pipeline: Pipeline, checkpoint: Checkpoint, request_: Any, placement: Placement
) -> None:
    guided = replace(request_, sampling=replace(request_.sampling, guidance_scale=Guidance(2.0, 2.0)))
    other = load_pipeline("animate-14b", checkpoint, device="cpu", placement=placement)
    found, wanted = (each.finish(each.advance(each.encode(guided))) for each in (other, pipeline))
    assert np.array_equal(found.frames, wanted.frames)
    assert torch.equal(found.carried["frames"], wanted.carried["frames"])


@pytest.mark.parametrize("precision", ["bf16", "reference", "fp8_storage"])
def test_every_precision_renders_close_to_fp32(
    pipeline: Pipeline, checkpoint: Checkpoint, request_: Any, precision: Precision
) -> None:
    wanted = pipeline.advance(pipeline.encode(request_)).latents
    other = load_pipeline("animate-14b", checkpoint, device="cpu", numerics=Numerics(precision))
    found = other.advance(other.encode(request_)).latents
    assert float((found - wanted).norm() / wanted.norm()) < 0.1


@pytest.mark.parametrize("mode", ["animate", "replace"])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_diffusers_pipeline_makes_the_same_film(
    pipeline: Pipeline, checkpoint: Checkpoint, request_: Any, mode: str, scale: float
) -> None:
    """Where it follows the reference: its schedule and its picture features, which do not, are given to it."""
    request = replace(request_, sampling=replace(request_.sampling, guidance_scale=Guidance(scale, scale)))
    request = request if mode == "replace" else _animate(request)
    ours, noises, handed = [], [], None
    for start in (0, 8):
        state = pipeline.encode(replace(request, start_frame=start, seed=3 + start, carried=handed))
        noises.append(state.latents)
        result = pipeline.finish(pipeline.advance(state))
        handed = result.carried
        ours.append(result.frames[1 if start else 0 :])
    theirs = _diffusers_film(checkpoint, request, noises, pipeline.encode(request).conditions["features"], scale, mode)
    assert theirs.shape == np.concatenate(ours).shape
    assert np.abs(theirs - np.concatenate(ours)).max() < 0.6  # half a level of rounding, and what the carried one adds


def _diffusers_film(
    checkpoint: Checkpoint, request: ClipRequest, noises: list[Any], features: Any, scale: float, mode: str
) -> Any:
    from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanAnimatePipeline, WanAnimateTransformer3DModel
    from transformers import AutoTokenizer, CLIPImageProcessor, CLIPVisionModel, UMT5EncoderModel

    class Scheduler(UniPCMultistepScheduler):
        def set_timesteps(self, *_: Any, **__: Any) -> None:
            steps = schedule(request.sampling)
            shift = request.sampling.flow_shift
            super().set_timesteps(sigmas=(steps.sigmas / (shift + (1 - shift) * steps.sigmas))[:-1])

    class Given(WanAnimatePipeline):
        def prepare_latents(self, *_: Any, **__: Any) -> Any:
            return noises.pop(0)

        def encode_image(self, *_: Any, **__: Any) -> Any:
            return features

    parts = checkpoint.components
    pipe = Given(
        tokenizer=AutoTokenizer.from_pretrained(parts["tokenizer"]),
        text_encoder=UMT5EncoderModel.from_pretrained(parts["text_encoder"]),
        vae=AutoencoderKLWan.from_pretrained(parts["vae"]),
        scheduler=Scheduler(
            flow_shift=request.sampling.flow_shift, use_flow_sigmas=True, prediction_type="flow_prediction"
        ),
        image_processor=CLIPImageProcessor(),
        image_encoder=CLIPVisionModel.from_pretrained(parts["image_encoder"]),
        transformer=WanAnimateTransformer3DModel.from_pretrained(parts["transformer"]),
    )
    pipe.set_progress_bar_config(disable=True)
    videos = {"pose_video": request.pose, "face_video": request.face}
    if mode == "replace":
        videos |= {"background_video": request.background, "mask_video": request.mask}
    assert request.image is not None
    film = pipe(
        image=PillowImage.fromarray(request.image),
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        width=request.width,
        height=request.height,
        segment_frame_length=request.num_frames,
        num_inference_steps=request.sampling.num_inference_steps,
        guidance_scale=scale,
        mode=mode,
        output_type="np",
        **{name: [PillowImage.fromarray(frame) for frame in video.array] for name, video in videos.items()},
    )
    return film.frames[0] * 255.0
