"""TI2V as ComfyUI's nodes."""

from __future__ import annotations

from tests.flows.export.comfy import clip, exported, inputs_of


def test_text_and_image_in_one_model() -> None:
    made = exported(clip("ti2v-5b", image="face"))
    assert inputs_of(made, "VAELoader")["vae_name"] == "wan2.2_vae.safetensors"
    assert inputs_of(made, "Wan22ImageToVideoLatent")["length"] == 121
    sampler = inputs_of(made, "KSamplerAdvanced")
    assert (sampler["steps"], sampler["cfg"], sampler["start_at_step"]) == (50, 5.0, 0)
