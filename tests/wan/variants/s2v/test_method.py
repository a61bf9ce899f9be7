"""S2V from sound to frames: the reference's loop, lips in sync, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.wan.parity import PARITY, SOLVERS
from wan.errors import RequestError
from wan.model.parts import Resident
from wan.model.vae import Vae
from wan.pipeline import Pipeline
from wan.request import ArrayVideo, Audio, ClipRequest, Guidance, Numerics, Sampling
from wan.validate import check_request
from wan.variants import VARIANTS
from wan.variants.s2v.audio import FEATURE_RATE
from wan.variants.s2v.method import REFERENCE_TIMING, SpeechMethod, Timing

LATENTS, FRAMES = 5e-4, 1e-3  # tolerances of the parity folder's index
VARIANT = VARIANTS["s2v-14b"]
MOTION_FROM_PICTURE = Timing(from_picture=True, bars=True)


def pipeline_of(parts: dict[str, Any], timing: Timing | None = None) -> Pipeline:
    """A pipeline over parts in memory."""
    pipeline = Pipeline(VARIANT, parts=Resident(parts, torch.device("cpu")), numerics=Numerics(), checkpoint="test")
    pipeline.method = SpeechMethod(VARIANT, pipeline.parts, timing)
    return pipeline


# --- the reference's loop -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parts(parity: Any) -> dict[str, Any]:
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    from wan.variants.s2v.audio import AudioEncoder
    from wan.variants.s2v.expert import SpeechExpert
    from wan.variants.s2v.keys import s2v_config, s2v_key, speech_key
    from wan.variants.s2v.transformer import WanS2VTransformer3DModel

    model, sound = parity["s2v_model"], parity["s2v_audio"]
    transformer = WanS2VTransformer3DModel(**s2v_config(model.config["model"]))
    transformer.load_state_dict({s2v_key(name): value for name, value in model.weights().items()})
    hearing = Wav2Vec2ForCTC(Wav2Vec2Config(**sound.config["wav2vec2"]))
    hearing.load_state_dict({speech_key(name): value for name, value in sound.weights().items()})
    return {
        "transformer": SpeechExpert(transformer),
        "audio_encoder": AudioEncoder(hearing),
        "vae": Vae(parity.vae()),
    }


@pytest.mark.parity
@pytest.mark.parametrize("name", PARITY.config("s2v_loop").get("variants", ()))
@torch.inference_mode()
def test_two_clips_in_a_row_are_the_references(parity: Any, parts: dict[str, Any], name: str) -> None:
    data, sound = parity["s2v_loop"], parity["s2v_audio"].tensors["in.waveform"]
    config = data.config["variants"][name]
    timing = MOTION_FROM_PICTURE if config["init_first_frame"] else REFERENCE_TIMING
    pipeline = pipeline_of(parts, timing)
    piece, dropped = data.config["infer_frames"], 0 if config["init_first_frame"] else 3
    height, width = data.config["video_size"]
    guidance = Guidance(data.config["guide_scale"], data.config["guide_scale"])
    request = ClipRequest(
        prompt="",
        width=width,
        height=height,
        num_frames=piece - dropped,
        sampling=Sampling(data.config["steps"], data.config["shift"], guidance, SOLVERS[config["solver"]]),
        seed=data.config["seed"],
        image=data.tensors["in.ref_image_u8"].numpy(),
        audio=Audio(sound.numpy(), parity["s2v_audio"].config["sample_rate"]),
        pose=ArrayVideo(data.tensors["in.pose_frames_u8"].numpy()) if config["pose_video"] else None,
    )
    result, shown = None, []
    for clip in range(data.config["num_repeat"]):
        if result is not None:
            request = replace(request, start_frame=piece - dropped, num_frames=piece, carried=result.carried)
        pipeline.method.check(request)
        conditions = pipeline.method.conditions(request)
        prefix = f"out.{name}.clip{clip}"
        assert data.error(f"in.audio.clip{clip}", conditions["audio"]) <= 1e-3
        assert data.error("out.ref_latents", conditions["reference"]) <= LATENTS
        if "motion" in conditions:
            assert data.error(f"{prefix}.motion_latents_in", conditions["motion"]) <= LATENTS
        if "pose" in conditions:
            assert data.error(f"{prefix}.pose_cond", conditions["pose"]) <= LATENTS
        state = pipeline.begin(
            sampling=request.sampling,
            noise=data.tensors[f"in.noise.clip{clip}"][None],
            embeddings=_padded(data.tensors["in.context"]),
            negative_embeddings=_padded(data.tensors["in.context_null"]),
            conditions=conditions,
        )
        steps = []
        for step in range(state.steps):
            state = pipeline.advance(state, step + 1)
            steps.append(state.latents[0])
        assert data.error(f"{prefix}.latents_steps", torch.stack(steps)) <= LATENTS
        result = pipeline.finish(state)
        shown.append(result.frames)
    video = np.concatenate(shown)
    assert list(video.shape) == [config["video_shape"][i] for i in (1, 2, 3, 0)]
    assert result is not None
    # exact pixels: what is handed on holds the last frames, unrounded
    exact = result.carried["frames"][0][:, -len(video) :]
    _check_frames(data, name, exact, len(video))
    levels = exact.permute(1, 2, 3, 0).add(1).mul(127.5).numpy()
    assert np.abs(levels - video[-len(levels) :]).max() <= 0.5 + 1e-3


def _check_frames(data: Any, name: str, exact: Tensor, length: int) -> None:
    """`exact` `[3, n, H, W]`: the last frames of a video of `length`."""
    if (last := data.tensors.get(f"out.{name}.video_last_frames")) is not None:
        assert data.error(f"out.{name}.video_last_frames", exact[:, -last.shape[1] :]) <= FRAMES
    else:
        index = data.tensors[f"out.{name}.video_frame_index"] - (length - exact.shape[1])
        wanted = data.tensors[f"out.{name}.video_frames"][:, index >= 0]
        assert wanted.shape[1], "none of the stored frames is among the last"
        assert float((exact[:, index[index >= 0]] - wanted).abs().max()) <= FRAMES


@pytest.mark.parity
@pytest.mark.parametrize("name", PARITY.matches("s2v_loop", r"out\.(\w+)\.clip0\.dropped_frames"))
@torch.inference_mode()
def test_before_a_shot_there_is_grey_and_three_frames_are_dropped(
    parity: Any, parts: dict[str, Any], name: str
) -> None:
    data, vae = parity["s2v_loop"], parts["vae"]
    grey = vae.encode(torch.zeros(1, 3, data.config["motion_frames"], *data.config["video_size"]))
    assert data.error(f"out.{name}.clip0.motion_latents_in", grey) <= LATENTS
    latents = data.tensors[f"out.{name}.clip0.latents_steps"][-1:]
    video = vae.decode(torch.cat([data.tensors["out.ref_latents"], latents], dim=2))[0]
    rendered = video[:, -data.config["infer_frames"] :]
    assert data.error(f"out.{name}.clip0.dropped_frames", rendered[:, :3]) <= FRAMES


def _padded(context: Tensor) -> Tensor:
    text = torch.zeros(1, 512, context.shape[1])
    text[0, : len(context)] = context
    return text


# --- lips in sync ---------------------------------------------------------------------------------------------------


class Numbered:
    """Whatever the sound, the feature of a 30th of a second is one-hot, of its own number."""

    def features(self, audio: Audio) -> Tensor:
        return torch.eye(int(audio.seconds * FEATURE_RATE))[None]


class Mirror:
    """An autoencoder of 8 × 8 averages, which repeats every latent frame four times."""

    def encode(self, video: Tensor) -> Tensor:
        small = torch.nn.functional.avg_pool3d(video.mean(1, keepdim=True), (1, 8, 8))[:, :, ::4]
        return small.expand(-1, 16, -1, -1, -1)

    def decode(self, latents: Tensor) -> Tensor:
        frames = latents[:, :3].repeat_interleave(4, 2)[:, :, 3:]
        return torch.nn.functional.interpolate(frames[0], scale_factor=8)[None].clamp(-1, 1)


def silence(seconds: float = 20) -> Audio:
    return Audio(np.zeros(int(seconds * 16_000), np.float32), 16_000)


def speech(**changes: Any) -> ClipRequest:
    values: dict[str, Any] = {
        "prompt": "a person speaks",
        "width": 64,
        "height": 64,
        "num_frames": 77,
        "sampling": VARIANT.sampling,
        "seed": 1,
        "image": np.full((64, 64, 3), 128, np.uint8),
        "audio": silence(),
    }
    return ClipRequest(**{**values, **changes})


def heard_by_shown_frames(method: SpeechMethod, lengths: Sequence[int]) -> list[int]:
    """For every frame of a shot, the number of the feature it was rendered with: clips of these lengths in a row."""
    heard: list[int] = []
    carried = None
    for length in lengths:
        request = speech(num_frames=length, start_frame=len(heard), carried=carried)
        audio = method.conditions(request)["audio"]
        shown = audio[..., audio.shape[-1] - length :]
        heard += shown[0, 0].argmax(0).tolist()
        carried = {"motion": torch.zeros(1, 16, 19, 8, 8)}
    return heard


def deaf_pipeline(timing: Timing | None = None) -> Pipeline:
    return pipeline_of({"audio_encoder": Numbered(), "vae": Mirror()}, timing)


def test_every_frame_goes_with_the_feature_of_its_own_time() -> None:
    method = deaf_pipeline().method
    assert isinstance(method, SpeechMethod)
    heard = heard_by_shown_frames(method, [77, 80, 80])
    assert heard == [round(30 * frame / 16) for frame in range(237)]


def test_in_the_references_timing_lips_lead_by_three_frames() -> None:
    method = deaf_pipeline(REFERENCE_TIMING).method
    assert isinstance(method, SpeechMethod)
    heard = heard_by_shown_frames(method, [77, 80])
    assert heard == [round(30 * (frame + 3) / 16) for frame in range(157)]


def test_the_pose_is_that_of_the_shown_frame_too() -> None:
    """A pose video whose brightness counts: after the repeated first frame, latent frame n holds frames 4n …"""
    poses = np.repeat(np.arange(200, dtype=np.uint8), 64 * 64 * 3).reshape(200, 64, 64, 3)
    method = deaf_pipeline().method
    first = method.conditions(speech(pose=ArrayVideo(poses)))["pose"]
    levels = ((first[0, 0, :, 0, 0] + 1) * 127.5).round().int().tolist()
    # every fourth frame of [0, | 0, 0, 0, 0, 1, 2, …, 76]: the last rendered one shows frame 76
    assert levels == list(range(0, 77, 4))
    carried = {"motion": torch.zeros(1, 16, 19, 8, 8)}
    later = speech(pose=ArrayVideo(poses), start_frame=77, num_frames=80, carried=carried)
    levels = ((method.conditions(later)["pose"][0, 0, :, 0, 0] + 1) * 127.5).round().int().tolist()
    assert levels == list(range(80, 157, 4))


def test_a_portrait_and_an_upright_pose_fill_a_wide_film() -> None:
    """Through the mirror a latent is the mean of 8 × 8 pixels: 1 everywhere, of white."""
    white = np.full((80, 60, 3), 255, np.uint8)
    poses = ArrayVideo(np.broadcast_to(white, (200, 80, 60, 3)))
    found = deaf_pipeline().method.conditions(speech(width=128, image=white, pose=poses))
    assert found["reference"].shape == (1, 16, 1, 8, 16)
    for name in ("reference", "pose"):
        assert torch.allclose(found[name], torch.ones(()), atol=1e-5), name


def test_behind_the_end_of_the_pose_video_there_is_none() -> None:
    poses = ArrayVideo(np.full((10, 64, 64, 3), 255, np.uint8))
    pose = deaf_pipeline().method.conditions(speech(pose=poses))["pose"]
    assert pose[0, 0, 0, 0, 0] == 1
    assert pose[0, 0, -1, 0, 0] == -1


# --- from clip to clip ----------------------------------------------------------------------------------------------


def test_a_whole_clip_hands_on_its_last_73_frames_and_its_picture_as_latents() -> None:
    method = deaf_pipeline().method
    conditions = method.conditions(speech())
    result = method.decode(torch.rand(1, 16, 20, 8, 8), conditions)
    assert result.frames.shape == (77, 64, 64, 3)
    shapes = {name: list(value.shape) for name, value in result.carried.items()}
    assert shapes == {"motion": [1, 16, 19, 8, 8], "reference": [1, 16, 1, 8, 8]}


def test_of_short_clips_the_older_pixels_go_along() -> None:
    method = deaf_pipeline().method
    conditions = method.conditions(speech(num_frames=29))
    first = method.decode(torch.rand(1, 16, 8, 8, 8), conditions)
    assert first.carried["frames"].shape == (1, 3, 44, 64, 64)
    following = speech(num_frames=32, start_frame=29, carried=first.carried)
    method.check(following)
    second = method.decode(torch.rand(1, 16, 8, 8, 8), method.conditions(following))
    assert second.frames.shape == (32, 64, 64, 3)
    older, newer = first.carried["frames"], second.carried["frames"]
    assert torch.equal(newer[:, :, : 41 - 32], older[:, :, -(41 - 32) :])


def test_nothing_can_follow_a_clip_shorter_than_those_before_it() -> None:
    method = deaf_pipeline().method
    conditions = method.conditions(
        speech(num_frames=40, start_frame=77, carried={"motion": torch.zeros(1, 16, 19, 8, 8)})
    )
    last = method.decode(torch.rand(1, 16, 10, 8, 8), conditions)
    assert last.carried == {}
    with pytest.raises(RequestError, match="nothing can follow"):
        method.check(speech(num_frames=40, start_frame=117, carried=last.carried))


# --- from another shot ----------------------------------------------------------------------------------------------


def grey_frames(count: int) -> np.ndarray[Any, Any]:
    """Frames as bright as their number."""
    return np.repeat(np.arange(count, dtype=np.uint8), 64 * 64 * 3).reshape(count, 64, 64, 3)


def test_a_shot_comes_after_the_frames_of_another_as_a_clip_after_a_clip() -> None:
    method = deaf_pipeline().method
    joined = speech(num_frames=80, before=grey_frames(100))
    method.check(joined)
    conditions = method.conditions(joined)
    levels = ((conditions["motion"][0, 0, :, 0, 0] + 1) * 127.5).round().int().tolist()
    assert levels == list(range(27, 100, 4))
    assert len(method.decode(torch.rand(1, 16, 20, 8, 8), conditions).frames) == 80
    heard = conditions["audio"][0, 0].argmax(0).tolist()
    assert heard == [round(30 * frame / 16) for frame in range(80)]


def test_after_fewer_frames_there_is_grey_and_one_frame_stands_as_the_reference_lets_it() -> None:
    method = deaf_pipeline().method
    few = method.conditions(speech(num_frames=80, before=grey_frames(10)))["motion"]
    levels = ((few[0, 0, :, 0, 0] + 1) * 127.5).round().int().tolist()
    assert levels == [*[128] * 16, 1, 5, 9]
    picture = np.full((64, 64, 3), 50, np.uint8)
    one = method.conditions(speech(num_frames=80, image=None, before=picture[None]))
    theirs = deaf_pipeline(MOTION_FROM_PICTURE).method.conditions(speech(num_frames=80, image=picture))
    assert one.keys() == theirs.keys()
    assert all(torch.allclose(one[name], theirs[name], atol=1e-6) for name in one)


def test_pixels_of_the_shot_before_are_kept_as_far_as_the_next_clip_needs_them() -> None:
    """73 frames of film size are half a gigabyte on the GPU; a clip as long as they are shows all that comes before."""
    method = deaf_pipeline().method
    whole = method.conditions(speech(num_frames=80, before=grey_frames(100)))
    assert "frames" not in whole
    assert method.decode(torch.rand(1, 16, 20, 8, 8), whole).carried.keys() == {"motion", "reference"}
    short = method.conditions(speech(num_frames=32, before=grey_frames(100)))
    levels = ((short["frames"][0, 0, :, 0, 0] + 1) * 127.5).round().int().tolist()
    assert levels == list(range(59, 100))
    carried = method.decode(torch.rand(1, 16, 8, 8, 8), short).carried
    assert carried["motion"].shape == (1, 16, 19, 8, 8)
    assert torch.equal(carried["frames"][:, :, :9], short["frames"][:, :, 32:])


def test_without_a_picture_of_its_own_the_handed_frame_is_who_speaks_in_every_clip() -> None:
    method = deaf_pipeline().method
    conditions = method.conditions(speech(num_frames=80, image=None, before=grey_frames(40)))
    first = method.decode(torch.rand(1, 16, 20, 8, 8), conditions)
    later = speech(num_frames=80, start_frame=80, image=None, carried=first.carried)
    check_request(later, VARIANT)
    assert torch.equal(method.conditions(later)["reference"], conditions["reference"])
    assert torch.allclose((conditions["reference"] + 1) * 127.5, torch.tensor(39.0), atol=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start_frame": 77}, "goes on from the one before"),
        ({"carried": {"motion": torch.zeros(1, 16, 19, 8, 8)}, "num_frames": 80}, "begins later than frame 0"),
        ({"num_frames": 80}, "nearest are 77 and 81"),
        ({"audio": Audio(np.zeros(0, np.float32), 16_000)}, "audio"),
        ({"audio": Audio(np.full(16_000, np.nan, np.float32), 16_000)}, "no numbers"),
    ],
)
def test_what_cannot_be_rendered_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        deaf_pipeline().method.check(speech(**changes))
