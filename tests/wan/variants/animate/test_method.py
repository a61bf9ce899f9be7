from __future__ import annotations

import math
from collections.abc import Iterator
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
from wan.request import ArrayVideo, ClipRequest, Guidance, Numerics, Sampling
from wan.variants import VARIANTS
from wan.variants.animate.clips import clip_lengths

VARIANT = VARIANTS["animate-14b"]


class _StandIn:
    """The parity tensors' velocity, a formula in place of a network; its motion of a face is the face's mean."""

    face_size = 8
    model = torch.nn.Identity()

    def motions(self, faces: Tensor) -> Tensor:
        return faces.mean(dim=(1, 2, 3))[None, :, None]

    def clip_context(self, texts: Any, latents: Tensor, **given: Any) -> dict[str, Any]:
        return {"texts": texts, **given}

    def velocities(self, inputs: Tensor, timestep: int, context: dict[str, Any]) -> list[Tensor]:
        x, mask, known = inputs[:, :16], inputs[:, 16:20], inputs[:, 20:]
        pose = torch.cat([torch.zeros_like(context["pose"][:, :, :1]), context["pose"]], dim=2)
        shared = 0.5 * x + 0.3 * known + 0.1 * mask.mean(1, keepdim=True) + 0.2 * pose
        shared = shared + 0.01 * context["features"].mean() * math.cos(0.003 * timestep)
        pairs = zip(context["texts"], context["motions"], strict=True)
        return [shared + 0.05 * motion.mean() + 0.02 * text.mean() for text, motion in pairs]


class _Mean:
    """Picture features that are the picture's mean."""

    def encode(self, picture: Tensor) -> Tensor:
        return picture.mean().view(1, 1, 1)


class _Texts:
    """Embeddings of the two prompts that are known."""

    def __init__(self, prompt: Tensor, negative: Tensor) -> None:
        self._known = {"prompt": prompt[None], "negative": negative[None]}

    def recall(self, prompt: str) -> None:
        return None

    def encode(self, prompt: str) -> Tensor:
        return self._known[prompt]


def _pipeline(parity: Any, carried: int, texts: _Texts) -> Pipeline:
    parts = {
        "transformer": _StandIn(),
        "image_encoder": _Mean(),
        "text_encoder": texts,
        "vae": Vae(parity.vae()),
    }
    return Pipeline(
        replace(VARIANT, overlap=carried),
        parts=Resident(parts, torch.device("cpu")),
        numerics=Numerics(),
        checkpoint="parity",
    )


def _request(data: Any, case: dict[str, Any]) -> ClipRequest:
    config, tensors = data.config, data.tensors
    guidance = Guidance(float(case["guide_scale"]), float(case["guide_scale"]))
    videos = {"pose": tensors["in.pose_u8"], "face": tensors["in.face_u8_lowres"]}
    if case["replace"]:
        mask = tensors["in.mask_u8"][..., None].expand(-1, -1, -1, 3)
        videos |= {"background": tensors["in.bg_u8"], "mask": mask}
    return ClipRequest(
        prompt="prompt",
        negative_prompt="negative",
        width=config["size_hw"][1],
        height=config["size_hw"][0],
        num_frames=config["clip_len"],
        sampling=Sampling(config["steps"], config["shift"], guidance, SOLVERS[case["solver"]]),
        seed=config["seed"],
        image=tensors["in.ref_u8"].numpy(),
        **{name: ArrayVideo(video.numpy()) for name, video in videos.items()},
    )


def _clips(pipeline: Pipeline, data: Any, request: ClipRequest, carried: int) -> Iterator[tuple[Any, Any]]:
    """The finished state and the result of every clip of the shot."""
    handed = None
    for number, (start, length) in enumerate(clip_lengths(data.config["real_frames"], request.num_frames, carried)):
        state = pipeline.encode(replace(request, start_frame=start, num_frames=length, carried=handed))
        state = replace(state, latents=data.tensors[f"in.noise.seg{number}"][None])
        state = pipeline.advance(state)
        result = pipeline.finish(state)
        handed = result.carried
        yield state, result


@pytest.mark.parity
@pytest.mark.parametrize("name", PARITY.config("animate_loop").get("variants", ()))
def test_a_shot_of_several_clips_is_the_references(parity: Any, name: str) -> None:
    data = parity["animate_loop"]
    case = data.config["variants"][name]
    carried = case["refert_num"]
    pipeline = _pipeline(parity, carried, _Texts(data.tensors["in.context"], data.tensors["in.context_null"]))
    films, pixels = [], []
    for number, (state, result) in enumerate(_clips(pipeline, data, _request(data, case), carried)):
        start = f"out.{name}.seg{number}"
        assert data.error(f"{start}.y", state.conditions["known"][0]) < 1e-4
        assert data.error("out.clip_stand_in", state.conditions["features"].flatten()) < 1e-6
        assert data.error(f"{start}.pose_latents", state.conditions["pose"]) < 1e-4
        assert data.error(f"{start}.face_frame_mean", state.conditions["motions"][0, :, 0]) < 1e-5
        assert data.error(f"{start}.latents", state.latents[0]) < 5e-4
        repeated = 0 if number == 0 else carried
        with torch.inference_mode():
            films.append(pipeline.parts.parts["vae"].decode(state.latents[:, :, 1:])[0, :, repeated:])
        pixels.append(result.frames[repeated:])
    frames = data.config["real_frames"]
    index = data.tensors[f"out.{name}.video_frame_index"]
    assert data.error(f"out.{name}.video_frames", torch.cat(films, dim=1)[:, :frames][:, index]) < 1e-3
    levels = (data.tensors[f"out.{name}.video_frames"].permute(1, 2, 3, 0) + 1) * 127.5
    shown = np.concatenate(pixels)[:frames]
    assert len(shown) == frames
    assert np.abs(shown[index.numpy()] - levels.numpy()).max() < 0.7  # half a level, and the tolerance


@pytest.fixture
def one_clip(parity: Any) -> tuple[Pipeline, ClipRequest]:
    """A first clip of 13 of 28 frames in which a person is replaced."""
    random = np.random.default_rng(0)

    def video(height: int, width: int) -> ArrayVideo:
        return ArrayVideo(random.integers(0, 256, (28, height, width, 3), dtype=np.uint8))

    request = ClipRequest(
        prompt="prompt",
        negative_prompt="negative",
        width=64,
        height=48,
        num_frames=13,
        sampling=Sampling(3, 5.0, Guidance(1.0, 1.0), "unipc"),
        seed=5,
        image=random.integers(0, 256, (50, 40, 3), dtype=np.uint8),
        pose=video(48, 64),
        face=video(8, 8),
        background=video(48, 64),
        mask=video(48, 64),
    )
    return _pipeline(parity, 1, _Texts(torch.rand(4, 8), torch.rand(4, 8))), request


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"face": None}, "face: animate-14b needs the motion as a pose video and a face video"),
        ({"pose": None}, "pose: animate-14b needs"),
        ({"mask": None}, "background, mask: to replace a person takes both"),
        ({"face": ArrayVideo(np.zeros((20, 8, 8, 3), np.uint8))}, "equally long, not pose 28, face 20"),
        ({"face": ArrayVideo(np.zeros((0, 8, 8, 3), np.uint8))}, "not pose 28, face 0"),
        ({"start_frame": 12}, "goes on from the one before"),
        ({"carried": {"frames": torch.zeros(1, 3, 5, 48, 64)}}, r"expected as \[1, 3, 1, 48, 64\], not \[1, 3, 5"),
        ({"carried": {}, "start_frame": 12}, r"as \[1, 3, 1, 48, 64\], not nothing"),
        ({"carried": {"frames": torch.zeros(1, 3, 1, 48, 64)}}, "begins later than frame 0"),
        ({"image": None}, "image: animate-14b needs a picture"),
        ({"num_frames": 14}, "num_frames: 14 is not possible"),
    ],
)
def test_what_cannot_be_animated_is_refused(one_clip: Any, change: dict[str, Any], told: str) -> None:
    pipeline, request = one_clip
    with pytest.raises(RequestError, match=told):
        pipeline.encode(replace(request, **change))


def test_a_video_one_frame_longer_than_the_others_is_no_mistake(one_clip: Any) -> None:
    pipeline, request = one_clip
    longer = ArrayVideo(np.concatenate([request.face.array, request.face.array[-1:]]))
    wanted = pipeline.encode(request).conditions["motions"]
    assert torch.equal(pipeline.encode(replace(request, face=longer)).conditions["motions"], wanted)


def test_what_a_clip_hands_on_survives_a_file_to_the_bit(one_clip: Any, tmp_path: Any) -> None:
    from safetensors.torch import load_file, save_file

    pipeline, request = one_clip
    first = pipeline.finish(pipeline.advance(pipeline.encode(request)))
    assert first.carried["frames"].dtype == torch.float32
    save_file({name: tensor.contiguous() for name, tensor in first.carried.items()}, tmp_path / "carried.safetensors")
    again = replace(request, start_frame=12, carried=load_file(tmp_path / "carried.safetensors"))
    direct = replace(request, start_frame=12, carried=first.carried)
    states = [pipeline.advance(pipeline.encode(each)) for each in (again, direct)]
    assert torch.equal(states[0].latents, states[1].latents)
    # the frame that is carried is the first the next clip sees as known
    assert states[0].conditions["known"][:, :4, 1].unique().tolist() == [1.0]
