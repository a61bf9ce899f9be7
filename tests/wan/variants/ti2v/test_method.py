from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.wan.parity import SOLVERS
from wan.errors import RequestError
from wan.frames.images import cover_lanczos
from wan.model.expert import Expert
from wan.model.parts import Resident
from wan.model.vae import Vae
from wan.pipeline import Pipeline
from wan.request import ClipRequest, Guidance, Numerics, Sampling
from wan.state import State
from wan.variants import VARIANTS

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def loop(parity: Any) -> Pipeline:
    """The reference's tiny TI2V, prompts by a stand-in."""
    data = parity["moe_ti2v"]
    parts = {
        "transformer": Expert(parity.transformer(data.config["model"], data.weights())),
        "vae": Vae(parity.vae22()),
        "text_encoder": _Texts(data.tensors),
    }
    place = Resident(parts, torch.device("cpu"))
    return Pipeline(VARIANTS["ti2v-5b"], parts=place, numerics=Numerics(), checkpoint="parity")


@pytest.fixture
def asked(parity: Any) -> ClipRequest:
    config = parity["moe_ti2v"].config
    guidance = Guidance(config["guide_scale"], config["guide_scale"])
    sampling = Sampling(config["steps"], config["shift"], guidance, SOLVERS[config["solver"]])
    (height, width) = config["video_size_hw_image_mode"]
    return ClipRequest(
        prompt="prompt",
        negative_prompt="negative",
        width=width,
        height=height,
        num_frames=config["frame_num"],
        sampling=sampling,
        seed=config["seed"],
    )


def test_a_first_picture_stays_as_the_reference_keeps_it(
    parity: Any, loop: Pipeline, asked: ClipRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = parity["moe_ti2v"]
    request = replace(asked, image=data.tensors["in.image_u8"].numpy())
    state = _with_noise(loop, loop.encode(request), data.tensors["in.noise"])
    assert data.error("out.z", state.conditions["first"][0]) < 1e-4
    solved = _record_solved(loop, monkeypatch)
    times = _record_times(loop, monkeypatch)
    final, _ = _advance(loop, state)
    # before the picture is written back into frame 0
    assert data.error("out.latents_steps", torch.stack(solved)) < 2e-4
    _check_token_times(loop, times, data.tensors["out.token_timesteps"])
    assert data.error("out.latents", final.latents[0]) < 2e-4
    assert _frames_error(data, loop, final, "out.") < 1e-3


def test_text_alone_is_the_references(
    parity: Any, loop: Pipeline, asked: ClipRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = parity["moe_ti2v"]
    width, height = data.config["size_wh_text_mode"]
    start = loop.encode(replace(asked, width=width, height=height))
    assert start.latents.shape[1:] == data.tensors["in.noise_t2v"].shape
    times = _record_times(loop, monkeypatch)
    final, steps = _advance(loop, _with_noise(loop, start, data.tensors["in.noise_t2v"]))
    _check_token_times(loop, times, data.tensors["out.t2v.token_timesteps"])
    assert data.error("out.t2v.latents_steps", steps) < 2e-4
    assert data.error("out.t2v.latents", final.latents[0]) < 2e-4
    assert _frames_error(data, loop, final, "out.t2v.") < 1e-3


def test_the_film_starts_with_the_picture(loop: Pipeline, asked: ClipRequest, picture: Any) -> None:
    frames = loop.decode(loop.advance(loop.encode(replace(asked, image=picture))))
    assert frames.shape == (asked.num_frames, asked.height, asked.width, 3)
    first = cover_lanczos(picture, (asked.width, asked.height))
    with torch.inference_mode(), loop.parts.use("vae") as vae:
        alone = vae.decode(vae.encode(first[None]))[0, :, 0].permute(1, 2, 0)
    assert np.abs(frames[0] / 127.5 - 1 - alone.numpy()).max() < 0.01


def test_a_saved_state_with_a_picture_goes_on_bit_for_bit(
    loop: Pipeline, asked: ClipRequest, picture: Any, tmp_path: Any
) -> None:
    start = loop.encode(replace(asked, image=picture))
    loop.advance(start, 2).save(tmp_path / "state.safetensors")
    resumed = loop.advance(State.load(tmp_path / "state.safetensors"))
    assert torch.equal(loop.advance(start).latents, resumed.latents)


def test_a_last_picture_is_refused(loop: Pipeline, asked: ClipRequest, picture: Any) -> None:
    with pytest.raises(RequestError, match="last_image: ti2v-5b cannot use it; i2v-a14b can"):
        loop.encode(replace(asked, image=picture, last_image=picture))


class _Texts:
    """Gives the fixture's embeddings, padded to 512 rows."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._of = {"prompt": tensors["in.context"], "negative": tensors["in.context_null"]}

    def recall(self, text: str) -> None:
        return None

    def encode(self, text: str) -> Tensor:
        rows = self._of[text]
        return torch.cat([rows, rows.new_zeros(512 - rows.shape[0], rows.shape[1])])[None]


def _with_noise(pipeline: Pipeline, state: State, noise: Tensor) -> State:
    """The state with the fixture's noise instead of the seed's."""
    latents, skipped = pipeline.method.start(noise[None], state.conditions, state.sampling)
    assert skipped == 0
    return replace(state, latents=latents)


def _advance(pipeline: Pipeline, state: State) -> tuple[State, Tensor]:
    steps = []
    while state.step < state.steps:
        state = pipeline.advance(state, state.step + 1)
        steps.append(state.latents[0])
    return state, torch.stack(steps)


def _record_solved(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """What the solver makes of the latents in the steps from now on, before the method has its say."""
    solved: list[Tensor] = []
    after_step = pipeline.method.after_step

    def record(latents: Tensor, conditions: Any) -> Tensor:
        solved.append(latents[0])
        return after_step(latents, conditions)

    monkeypatch.setattr(pipeline.method, "after_step", record)
    return solved


def _record_times(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The embedded time of the tokens in the steps from now on."""
    times: list[Any] = []
    with pipeline.parts.use("transformer") as expert:
        embed = expert.time

        def record(*given: Any, **how: Any) -> Any:
            times.append(embed(*given, **how))
            return times[-1]

        monkeypatch.setattr(expert, "time", record)
    return times


def _check_token_times(pipeline: Pipeline, times: list[Any], wanted: Tensor) -> None:
    """Every token was told the time that the reference tells it: `wanted` `[steps, tokens]`."""
    assert len(times) == len(wanted)
    with torch.inference_mode(), pipeline.parts.use("transformer") as expert:
        for time, of_tokens in zip(times, wanted, strict=True):
            embedded, _ = expert._embedded_time(of_tokens)
            told = time.head[0].repeat_interleave(torch.tensor(time.counts), dim=0)
            assert torch.allclose(told, embedded, atol=1e-5)


def _frames_error(data: Any, pipeline: Pipeline, state: State, prefix: str) -> float:
    with torch.inference_mode(), pipeline.parts.use("vae") as vae:
        video = vae.decode(state.latents)[0]
    return float(data.error(f"{prefix}video_frames", video[:, data.tensors[f"{prefix}video_frame_index"]]))
