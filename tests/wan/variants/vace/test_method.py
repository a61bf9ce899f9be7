"""The whole way of VACE against diffusers' pipeline on the same weights, noise and schedule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import UniPCMultistepScheduler, WanVACEPipeline
from PIL import Image as PillowImage

from wan.errors import RequestError
from wan.families import Family
from wan.frames.camera_video import camera_control_video
from wan.load import load_pipeline
from wan.pipeline import Pipeline
from wan.request import ArrayVideo, ClipRequest, Guidance, Sampling
from wan.sampling import schedule
from wan.state import State
from wan.weights.checkpoint import Checkpoint

SAMPLING = Sampling(4, 5.0, Guidance(4.0, 3.0), "unipc", 0.875)


class ReferenceLevels(UniPCMultistepScheduler):  # type: ignore[misc]
    """diffusers' solver on the reference's noise levels, which its pipeline cannot be asked for."""

    def set_timesteps(self, *arguments: Any, **values: Any) -> None:
        super().set_timesteps(*arguments, **values)
        made = schedule(SAMPLING)
        self.sigmas, self.timesteps = torch.from_numpy(made.sigmas), torch.from_numpy(made.timesteps)


@pytest.fixture
def stock(models: dict[str, Any]) -> Any:
    pipeline = WanVACEPipeline(
        tokenizer=None,
        text_encoder=None,
        scheduler=ReferenceLevels(prediction_type="flow_prediction", use_flow_sigmas=True),
        boundary_ratio=0.875,
        **models,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _frames(seed: int, count: int = 9) -> Any:
    return np.random.default_rng(seed).integers(0, 255, (count, 32, 48, 3), dtype=np.uint8)


def _mask() -> Any:
    mask = np.zeros((9, 32, 48, 3), np.uint8)
    mask[2:, 5:20, 7:30] = 255
    return mask


@pytest.fixture
def asked() -> ClipRequest:
    return ClipRequest(
        prompt="prompt",
        negative_prompt="negative words",
        width=48,
        height=32,
        num_frames=9,
        sampling=SAMPLING,
        seed=5,
        control=ArrayVideo(_frames(1)),
    )


def _pictures(frames: Any) -> list[Any]:
    return [PillowImage.fromarray(frame) for frame in frames]


CASES: dict[str, dict[str, Any]] = {
    "control": {},
    "mask": {"mask": ArrayVideo(_mask())},
    "one reference": {"references": (_frames(3, 1)[0],)},
    "two references, a mask, half the weight": {
        "references": tuple(_frames(4, 2)),
        "mask": ArrayVideo(_mask()),
        "control_scale": 0.5,
    },
    "references alone": {"control": None, "references": (_frames(3, 1)[0][:, :16].copy(),)},
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_diffusers_pipeline_on_the_references_schedule(
    vace: Pipeline, stock: Any, asked: ClipRequest, case: str
) -> None:
    request = replace(asked, **CASES[case])
    start = vace.encode(request)
    ours = vace.advance(start)
    theirs = stock(
        video=_pictures(request.control.frames(0, 9)) if request.control else None,
        mask=_pictures(request.mask.frames(0, 9)) if request.mask else None,
        # diffusers puts the last one first
        reference_images=_pictures(request.references[::-1]) if request.references else None,
        conditioning_scale=request.control_scale,
        width=48,
        height=32,
        num_frames=9,
        num_inference_steps=4,
        guidance_scale=4.0,
        guidance_scale_2=3.0,
        latents=start.latents,
        prompt_embeds=start.embeddings,
        negative_prompt_embeds=start.negative_embeddings,
        output_type="latent",
        return_dict=False,
    )[0]
    assert start.latents.shape == (1, 16, 3 + len(request.references), 4, 6)
    assert torch.allclose(ours.latents, theirs, atol=1e-4)
    assert vace.decode(ours).shape == (9, 32, 48, 3)


def test_the_references_are_cut_off_before_decoding(vace: Pipeline, asked: ClipRequest) -> None:
    state = vace.advance(vace.encode(replace(asked, references=tuple(_frames(4, 2)))))
    without = replace(
        state, latents=state.latents[:, :, 2:], conditions={**state.conditions, "references": torch.tensor(0)}
    )
    assert np.array_equal(vace.decode(state), vace.decode(without))


def test_a_first_picture_is_a_frame_that_is_kept(vace: Pipeline, asked: ClipRequest, picture: Any) -> None:
    control = vace.encode(replace(asked, image=picture)).conditions["control"]
    kept, anew = control[:, :16], control[:, 16:32]
    plain = vace.encode(asked).conditions["control"]
    assert not torch.allclose(kept[:, :, 0], plain[:, :16, 0])
    other = vace.encode(replace(asked, image=picture[::-1].copy())).conditions["control"]
    assert torch.equal(anew, other[:, 16:32])
    assert not torch.equal(kept, other[:, :16])


def test_a_camera_path_is_drawn_where_no_video_leads(vace: Pipeline, asked: ClipRequest) -> None:
    path = replace(asked, control=None, camera="pan left", start_frame=4)
    drawn = camera_control_video("pan left", 48, 32, 13)
    assert drawn is not None
    same = replace(asked, control=ArrayVideo(drawn), start_frame=4)
    assert torch.equal(vace.encode(path).conditions["control"], vace.encode(same).conditions["control"])
    led = vace.encode(replace(asked, camera="pan left")).conditions["control"]
    assert torch.equal(led, vace.encode(asked).conditions["control"])


def test_a_clip_finds_its_part_of_the_control(vace: Pipeline, asked: ClipRequest) -> None:
    long = _frames(6, 20)
    later = vace.encode(replace(asked, control=ArrayVideo(long), start_frame=8))
    same = vace.encode(replace(asked, control=ArrayVideo(long[8:17])))
    assert torch.equal(later.conditions["control"], same.conditions["control"])


def test_a_later_clip_begins_with_frames_that_the_mask_keeps(vace: Pipeline, asked: ClipRequest) -> None:
    before = _frames(9, 5)
    later = replace(asked, control=ArrayVideo(_frames(6, 20)), start_frame=8)
    kept = vace.encode(replace(later, before=before)).conditions["control"]
    shown = np.concatenate([before, _frames(6, 20)[13:17]])
    mask = np.full((9, 32, 48, 3), 255, np.uint8)
    mask[:5] = 0
    wanted = replace(asked, control=ArrayVideo(shown), mask=ArrayVideo(mask))
    assert torch.allclose(kept, vace.encode(wanted).conditions["control"], atol=1e-5)


def test_a_clip_may_begin_before_its_shot_with_frames_of_another_one(vace: Pipeline, asked: ClipRequest) -> None:
    """The control video begins where the shot does, behind the frames that the clip begins with."""
    before, control = _frames(9, 5), _frames(6, 20)
    joined = replace(asked, before=before, control=ArrayVideo(control), start_frame=-5)
    shown = np.concatenate([before, control[:4]])
    mask = np.full((9, 32, 48, 3), 255, np.uint8)
    mask[:5] = 0
    wanted = replace(asked, control=ArrayVideo(shown), mask=ArrayVideo(mask))
    found, same = (vace.encode(each).conditions["control"] for each in (joined, wanted))
    assert torch.allclose(found, same, atol=1e-5)
    with pytest.raises(RequestError, match="start_frame: -6 lies before the shot and the 5 frames that it begins with"):
        vace.encode(replace(joined, start_frame=-6))


def test_a_control_that_ends_early_is_held(vace: Pipeline, asked: ClipRequest) -> None:
    short = _frames(6, 7)
    held = np.concatenate([short, short[-1:], short[-1:]])
    found, wanted = (vace.encode(replace(asked, control=ArrayVideo(video))) for video in (short, held))
    assert torch.equal(found.conditions["control"], wanted.conditions["control"])


def test_a_saved_state_goes_on_bit_for_bit(vace: Pipeline, asked: ClipRequest, tmp_path: Any) -> None:
    start = vace.encode(replace(asked, references=tuple(_frames(4, 1))))
    vace.advance(start, 2).save(tmp_path / "state.safetensors")
    whole, resumed = vace.advance(start), vace.advance(State.load(tmp_path / "state.safetensors"))
    assert torch.equal(whole.latents, resumed.latents)
    assert np.array_equal(vace.decode(whole), vace.decode(resumed))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"control": None}, "needs a control video, references, a camera path or a picture"),
        ({"control": None, "references": (_frames(1, 1)[0],), "mask": ArrayVideo(_mask())}, "mask: it needs the video"),
        ({"control": None, "camera": "handheld"}, "needs a control video"),
        ({"start_frame": 9}, "control: it has 9 frames, and this clip begins at frame 9"),
        ({"control_scale": -1.0}, "control_scale: -1.0 is not between 0 and 10"),
        ({"audio": "x"}, "audio: vace-fun-a14b cannot use it"),
    ],
)
def test_what_cannot_be_made_is_refused(
    vace: Pipeline, asked: ClipRequest, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestError, match=message):
        vace.encode(replace(asked, **change))


@pytest.mark.parametrize("placement", ["resident", "expert_swap", "offload", "low_vram"])
def test_a_checkpoint_is_loaded_and_renders_the_same_wherever_its_weights_live(
    models: dict[str, Any], vace: Pipeline, family: Family, asked: ClipRequest, tmp_path: Path, placement: Any
) -> None:
    for name in ("transformer", "transformer_2"):
        models[name].save_pretrained(tmp_path / name)
    (tmp_path / "model_index.json").write_text('{"_class_name": "WanVACEPipeline", "boundary_ratio": 0.875}')
    assert family.root is not None
    shared = {name: family.root / "shared" / name for name in ("vae", "text_encoder", "tokenizer")}
    checkpoint = Checkpoint.at(tmp_path, "vace-fun-a14b", shared=shared)
    pipeline = load_pipeline("vace-fun-a14b", checkpoint, device="cpu", placement=placement)
    start = pipeline.encode(replace(asked, prompt="a red boat", negative_prompt="blue"))
    state = pipeline.advance(start)
    assert pipeline.decode(state).shape == (9, 32, 48, 3)
    same = vace.advance(replace(start, checkpoint="random"))
    assert torch.equal(state.latents, same.latents)
