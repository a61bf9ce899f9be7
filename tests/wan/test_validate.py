from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wan.errors import RequestError
from wan.request import Audio, ClipRequest, Guidance, Lora
from wan.validate import check_request, find_variant
from wan.variants import VARIANTS

T2V, I2V = VARIANTS["t2v-a14b"], VARIANTS["i2v-a14b"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 50}, "width, height: 50x32 is not possible.*multiples of 16; nearest are 48x32 and 64x32"),
        ({"height": 0}, "nearest are 48x16"),
        ({"height": -16}, "nearest are 48x16"),
        ({"num_frames": 10}, "num_frames: 10 is not possible.*nearest are 9 and 13"),
        ({"num_frames": 2}, "nearest are 1 and 5"),
        ({"num_frames": -3}, "nearest are 1 and 5"),
        ({"seed": -1}, "seed: -1"),
        ({"seed": 2**63}, "seed: 9223372036854775808"),
        ({"prompt": None}, "prompt: text is expected, not NoneType"),
        ({"image": np.zeros((8, 8, 3), np.uint8)}, "image: t2v-a14b cannot use it; i2v-a14b, ti2v-5b, .* can"),
        ({"last_image": np.zeros((8, 8, 3), np.uint8)}, "last_image: t2v-a14b cannot use it"),
    ],
)
def test_a_mistake_names_its_field_and_the_nearest_valid_value(
    text_request: ClipRequest, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestError, match=message):
        check_request(replace(text_request, **change), T2V)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_inference_steps": 0}, "num_inference_steps: 0"),
        ({"num_inference_steps": 1001}, "from 1 to 1000"),
        ({"flow_shift": 0.0}, "flow_shift: 0.0"),
        ({"flow_shift": float("nan")}, "flow_shift: nan"),
        ({"solver": "heun"}, "there is no 'heun'; there are unipc, dpmpp, euler"),
        ({"guidance_scale": Guidance(0.5, 3)}, "guidance_scale.high: 0.5"),
        ({"guidance_scale": Guidance(3, float("inf"))}, "guidance_scale.low: inf"),
        ({"boundary_ratio": None}, "boundary_ratio: None.*uses 0.875"),
        ({"boundary_ratio": 1.5}, "boundary_ratio: 1.5"),
    ],
)
def test_a_mistake_in_the_sampling_is_named(text_request: ClipRequest, change: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        check_request(replace(text_request, sampling=replace(text_request.sampling, **change)), T2V)


@pytest.mark.parametrize("boundary", [0.0, 1.0])
def test_one_of_two_experts_may_take_every_step(text_request: ClipRequest, boundary: float) -> None:
    check_request(replace(text_request, sampling=replace(text_request.sampling, boundary_ratio=boundary)), T2V)


def test_one_transformer_has_no_boundary(text_request: ClipRequest) -> None:
    with pytest.raises(RequestError, match="one transformer"):
        check_request(replace(text_request, width=64), VARIANTS["ti2v-5b"])


def test_i2v_needs_its_image(text_request: ClipRequest) -> None:
    with pytest.raises(
        RequestError, match="image: i2v-a14b needs a picture to start from; for text alone use t2v-a14b"
    ):
        check_request(text_request, I2V)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        np.zeros((0, 8, 3), np.uint8),
        "start.png",
    ],
)
def test_an_image_is_an_rgb_picture(text_request: ClipRequest, image: Any) -> None:
    with pytest.raises(RequestError, match="image: "):
        check_request(replace(text_request, image=image), I2V)


def test_an_unknown_variant_is_answered_with_the_known_ones() -> None:
    with pytest.raises(RequestError, match="there is no 't2v'; there are t2v-a14b"):
        find_variant("t2v")


def test_a_lora_for_one_expert_needs_two(text_request: ClipRequest) -> None:
    lora = Lora(Path("x.safetensors"), "digest", expert="low")
    check_request(replace(text_request, loras=(lora,)), VARIANTS["t2v-a14b"])
    single = replace(text_request, width=64, sampling=VARIANTS["ti2v-5b"].sampling)
    with pytest.raises(
        RequestError, match="ti2v-5b has one transformer, and no low-noise expert; leave `expert: low` out"
    ):
        check_request(replace(single, loras=(lora,)), VARIANTS["ti2v-5b"])


@pytest.mark.parametrize(
    ("variant", "instead"),
    [("i2v-a14b", "one picture (image)"), ("animate-14b", "what the clip before carried on (carried)")],
)
def test_frames_before_a_clip_need_a_variant_that_begins_with_them(
    text_request: ClipRequest, variant: str, instead: str
) -> None:
    frames = np.zeros((5, 32, 48, 3), np.uint8)
    picture = frames[0]
    request = replace(text_request, image=picture, before=frames, sampling=VARIANTS[variant].sampling)
    with pytest.raises(RequestError, match=re.escape(f"before: {variant} goes on from {instead}")):
        check_request(request, VARIANTS[variant])


def test_a_camera_path_needs_a_variant_that_can_follow_one(text_request: ClipRequest) -> None:
    with pytest.raises(RequestError, match="camera: t2v-a14b cannot use it; vace-fun-a14b can"):
        check_request(replace(text_request, camera="pan left"), T2V)


def test_only_what_begins_with_frames_of_before_may_begin_before_its_shot(text_request: ClipRequest) -> None:
    with pytest.raises(RequestError, match=r"start_frame: -1 lies before the shot$"):
        check_request(replace(text_request, start_frame=-1), T2V)
    spoken = replace(text_request, width=64, height=64, num_frames=77, image=np.zeros((8, 8, 3), np.uint8))
    spoken = replace(spoken, audio=Audio(np.zeros(1, np.float32), 16000), sampling=VARIANTS["s2v-14b"].sampling)
    with pytest.raises(RequestError, match=r"start_frame: -1 lies before the shot$"):
        check_request(replace(spoken, start_frame=-1), VARIANTS["s2v-14b"])
