from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from wan.errors import RequestError
from wan.pipeline import Pipeline
from wan.request import ArrayVideo, ClipRequest, Guidance, Sampling
from wan.sampling import schedule
from wan.state import State


@pytest.fixture
def video() -> ArrayVideo:
    return ArrayVideo(np.random.default_rng(3).integers(0, 255, (20, 32, 48, 3), dtype=np.uint8))


@pytest.fixture
def asked(text_request: ClipRequest, video: ArrayVideo) -> ClipRequest:
    return replace(text_request, video=video, strength=0.5)


def test_it_begins_in_the_middle_with_video_and_noise_mixed(t2v: Pipeline, asked: ClipRequest) -> None:
    plain, state = t2v.encode(replace(asked, video=None, strength=None)), t2v.encode(asked)
    assert state.step == 2
    sigma = float(schedule(asked.sampling).sigmas[2])
    wanted = (1 - sigma) * state.conditions["video"] + sigma * plain.latents
    assert torch.allclose(state.latents, wanted, atol=1e-6)
    assert t2v.advance(state).step == 4


def test_with_one_transformer_it_is_diffusers_pipeline(t2v: Pipeline, asked: ClipRequest) -> None:
    """Which always takes one: here both of ours are the same, and its solver is given the reference's noise levels."""
    from diffusers import UniPCMultistepScheduler, WanVideoToVideoPipeline
    from PIL import Image

    from wan.model.parts import Resident

    sampling = replace(asked.sampling, guidance_scale=replace(asked.sampling.guidance_scale, low=4.0))
    made = schedule(sampling)

    class ReferenceLevels(UniPCMultistepScheduler):  # type: ignore[misc]
        def set_timesteps(self, *arguments: Any, **values: Any) -> None:
            super().set_timesteps(*arguments, **values)
            self.sigmas, self.timesteps = torch.from_numpy(made.sigmas), torch.from_numpy(made.timesteps)

    resident: Any = t2v.parts
    parts = {**resident.parts, "transformer_2": resident.parts["transformer"]}
    ours = Pipeline(t2v.variant, parts=Resident(parts, t2v.device), numerics=t2v.numerics, checkpoint="same")
    start = ours.encode(replace(asked, sampling=sampling))
    noise = ours.encode(replace(asked, sampling=sampling, video=None, strength=None)).latents
    stock = WanVideoToVideoPipeline(
        tokenizer=None,
        text_encoder=None,
        transformer=parts["transformer"].model,
        vae=parts["vae"].model,
        scheduler=ReferenceLevels(prediction_type="flow_prediction", use_flow_sigmas=True),
    )
    stock.set_progress_bar_config(disable=True)
    stock.prepare_latents = _with_noise(stock.prepare_latents, noise)
    theirs = stock(
        video=[Image.fromarray(frame) for frame in asked.video.frames(0, 9)],  # type: ignore[union-attr]
        width=48,
        height=32,
        num_inference_steps=4,
        strength=0.5,
        guidance_scale=4.0,
        prompt_embeds=start.embeddings,
        negative_prompt_embeds=start.negative_embeddings,
        output_type="latent",
        return_dict=False,
    )[0]
    assert torch.allclose(ours.advance(start).latents, theirs, atol=1e-4)


def _with_noise(prepare: Any, noise: torch.Tensor) -> Any:
    """diffusers draws its own noise; it takes this one instead."""
    import diffusers.pipelines.wan.pipeline_wan_video2video as module

    def prepared(*arguments: Any, **values: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "randn_tensor", lambda *_, **__: noise)
            return prepare(*arguments, **values)

    return prepared


def test_a_later_clip_begins_with_the_frames_before_it(t2v: Pipeline, asked: ClipRequest, video: ArrayVideo) -> None:
    """Whatever the model says of them; what follows is made beside them, and is not what it would be without."""
    before = video.array[::-1][:5, 2:-2, 3:-3].copy()
    later = t2v.encode(replace(asked, start_frame=8, before=before))
    known = later.conditions["known"]
    assert known.shape[2] == 2
    done, alone = t2v.advance(later), t2v.advance(t2v.encode(replace(asked, start_frame=8)))
    # timesteps are whole numbers: so near and no nearer
    assert (done.latents[:, :, :2] - known).abs().max() < 0.01
    assert (alone.latents[:, :, :2] - known).abs().max() > 0.5
    assert not torch.allclose(done.latents[:, :, 2:], alone.latents[:, :, 2:], atol=1e-3)


def test_less_strength_stays_nearer_to_the_video(t2v: Pipeline, asked: ClipRequest) -> None:
    distances = []
    for strength in (0.25, 0.5, 1.0):
        state = t2v.encode(replace(asked, strength=strength))
        distances.append(float((t2v.advance(state).latents - state.conditions["video"]).norm()))
    assert distances == sorted(distances)


def test_a_clip_finds_its_part_of_the_video(t2v: Pipeline, asked: ClipRequest, video: ArrayVideo) -> None:
    later = t2v.encode(replace(asked, start_frame=8))
    same = t2v.encode(replace(asked, video=ArrayVideo(video.array[8:17])))
    assert torch.equal(later.latents, same.latents)


def test_a_saved_state_goes_on_bit_for_bit(t2v: Pipeline, asked: ClipRequest, tmp_path: Any) -> None:
    start = t2v.encode(asked)
    t2v.advance(start, 3).save(tmp_path / "state.safetensors")
    resumed = t2v.advance(State.load(tmp_path / "state.safetensors"))
    assert torch.equal(t2v.advance(start).latents, resumed.latents)


@pytest.mark.parametrize(("steps", "strength", "taken"), [(40, 0.5, 20), (40, 1.0, 40), (4, 0.3, 1), (50, 0.01, 0)])
def test_as_many_steps_as_diffusers_takes(steps: int, strength: float, taken: int) -> None:
    assert Sampling(steps, 5.0, Guidance(4.0, 3.0)).steps_taken(strength) == taken


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"strength": 0.1}, "strength: 0.1 of 4 steps is none; take at least 0.25"),
        ({"strength": None}, "video to video needs both"),
        ({"strength": 1.5}, "strength: 1.5 is not above 0"),
        ({"start_frame": 20}, "video: it has 20 frames, and this clip begins at frame 20"),
        (
            {"before": np.zeros((4, 8, 8, 3), np.uint8)},
            "before: 4n \\+ 1 frames, fewer than the clip's 9, are expected: 4",
        ),
        ({"before": np.zeros((9, 8, 8, 3), np.uint8)}, "fewer than the clip's 9"),
        ({"before": np.zeros((5, 8, 8), np.uint8)}, "before: RGB frames"),
        ({"before": np.zeros((5, 8, 8, 3), np.uint8), "video": None, "strength": None}, "go on from one picture"),
    ],
)
def test_what_cannot_be_made_is_refused(
    t2v: Pipeline, asked: ClipRequest, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestError, match=message):
        t2v.encode(replace(asked, **change))


def test_a_picture_variant_refuses_a_video(i2v: Pipeline, asked: ClipRequest, picture: Any) -> None:
    with pytest.raises(RequestError, match="video: i2v-a14b cannot use it; t2v-a14b can"):
        i2v.encode(replace(asked, image=picture))
