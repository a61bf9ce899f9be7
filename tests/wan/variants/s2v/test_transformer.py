"""S2V's transformer computes what the reference's does, and behaves as a model of diffusers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.wan.parity import PARITY
from wan.variants.s2v.transformer import WanS2VTransformer3DModel

TOLERANCE = 1e-4  # of velocities; rotary tables 1e-6 (the index of the parity folder)


@pytest.fixture(scope="module")
def data(parity: Any) -> Any:
    return parity["s2v_model"]


def inputs(*, batch: int = 1, motion: bool = True) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(1)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(batch, *shape, generator=generator)

    return {
        "hidden_states": draw(16, 4, 8, 8),
        "timestep": torch.full((batch,), 600),
        "encoder_hidden_states": draw(5, 8),
        "image_latents": draw(16, 1, 8, 8),
        "audio_embeds": draw(3, 6, 16),
        "motion_latents": draw(16, 19, 8, 8) if motion else None,
        "pose_latents": draw(16, 4, 8, 8),
    }


@pytest.mark.parity
@pytest.mark.parametrize(
    ("which", "timestep"), PARITY.matches("s2v_model", r"out\.((?:first|later)\.(?:nopose|pose|noaudio))\.t(\d+)")
)
def test_velocities_are_the_references(reference: Any, data: Any, which: str, timestep: str) -> None:
    name = f"out.{which}.t{timestep}"
    tensors = data.tensors
    text = torch.zeros(1, 512, tensors["in.context"].shape[-1])
    text[0, : len(tensors["in.context"])] = tensors["in.context"]
    after_first: list[torch.Tensor] = []
    hook = reference.blocks[0].register_forward_hook(lambda *found: after_first.append(found[-1]))
    with torch.no_grad():
        velocity = reference(
            tensors["in.x"][None],
            torch.tensor([int(timestep)]),
            text,
            tensors["in.ref_latents"],
            tensors["in.audio_input"] * (0 if "noaudio" in which else 1),
            tensors["in.motion_latents"] if which.startswith("later") else None,
            None if "nopose" in which else tensors["in.pose_cond"],
        ).sample
    hook.remove()
    assert data.error(name, velocity[0]) <= TOLERANCE
    if which == "later.pose" and int(timestep) == data.config["timesteps"][0]:
        assert data.error("out.block0_later_pose", after_first[0]) <= TOLERANCE


def test_it_is_written_and_read_back_whole(make_tiny: Any, tmp_path: Path) -> None:
    model = make_tiny()
    model.save_pretrained(tmp_path)
    again = WanS2VTransformer3DModel.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        assert torch.equal(again(**inputs()).sample, model(**inputs()).sample)


def test_in_bf16_what_the_reference_keeps_in_fp32_stays_so(make_tiny: Any, tmp_path: Path) -> None:
    make_tiny().save_pretrained(tmp_path)
    model = WanS2VTransformer3DModel.from_pretrained(tmp_path, torch_dtype=torch.bfloat16)
    kept = {name for name, value in model.named_parameters() if value.dtype == torch.float32}
    assert any("causal_audio_encoder" in name for name in kept)
    assert "scale_shift_table" in kept
    assert "blocks.0.attn1.to_q.weight" not in kept


def test_a_batch_is_its_clips_side_by_side(make_tiny: Any) -> None:
    model, two = make_tiny(), inputs(batch=2)
    with torch.no_grad():
        together = model(**two).sample
        for row in range(2):
            alone = model(**{name: value[row : row + 1] for name, value in two.items()}).sample
            assert torch.allclose(together[row : row + 1], alone, atol=1e-5)


def test_the_sound_of_a_frame_moves_no_earlier_latent_frame(make_tiny: Any) -> None:
    """Only the injection is asked: self-attention mixes all frames afterwards."""
    model = make_tiny()
    later = torch.randn(1, 3, 6, 16)
    changed = later.clone()
    changed[..., 9:] += 1
    with torch.no_grad():
        before, after = model.sound(later), model.sound(changed)
    same = [bool(torch.equal(before.local[:, f], after.local[:, f])) for f in range(before.local.shape[1])]
    assert same[:2] == [True, True]
    assert not same[-1]


def test_every_parameter_learns(make_tiny: Any) -> None:
    model = make_tiny().train()
    values = inputs()
    with torch.autocast("cpu", torch.bfloat16):
        velocity = model(**values).sample
    velocity.float().square().mean().backward()
    still = [name for name, value in model.named_parameters() if value.grad is None or not value.grad.any()]
    # the last block's injection is the last thing the sound does; nothing may be left out
    assert still == []


def test_loras_and_attention_backends_are_those_of_diffusers(make_tiny: Any) -> None:
    from peft import LoraConfig

    model = make_tiny()
    model.set_attention_backend("native")
    with torch.no_grad():
        plain = model(**inputs()).sample
    model.add_adapter(LoraConfig(r=2, target_modules=["to_q", "to_v"], init_lora_weights=False))
    with torch.no_grad():
        assert not torch.equal(model(**inputs()).sample, plain)
    model.disable_adapters()
    with torch.no_grad():
        assert torch.equal(model(**inputs()).sample, plain)


@pytest.mark.parametrize("changes", [{"audio_inject_layers": (0, 2)}, {"motion_frames": 69}])
def test_a_configuration_that_contradicts_itself_is_refused(make_tiny: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"audio_inject_layers|motion frames"):
        make_tiny(**changes)
