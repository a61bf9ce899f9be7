"""Every published layout, small: what comes out computes what the reference computed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from wan.convert.classes import expected
from wan.convert.gather import Found, Part
from wan.convert.kinds import KINDS
from wan.convert.plan import WeightFile, plan_files
from wan.convert.released import HEAD_DIM
from wan.convert.run import convert
from wan.convert.sources import PickleSource
from wan.convert.weights import Weights
from wan.convert.writer import write_file
from wan.errors import CheckpointError
from wan.variants import VARIANTS

pytestmark = pytest.mark.parity


def loaded(built: Any, folder: Path, **options: Any) -> Any:
    model, said = built.from_pretrained(folder, output_loading_info=True, **options)
    assert not any(said[name] for name in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    return model.eval()


def padded(context: Tensor) -> Tensor:
    whole = torch.zeros(1, 512, context.shape[1])
    whole[0, : context.shape[0]] = context
    return whole


def test_i2v_computes_what_the_reference_computed(reference: Any, parity: Any, tmp_path: Path) -> None:
    from diffusers import WanTransformer3DModel

    for which in ("high", "low"):
        reference.expert("dit_i2v", "weights", f"{which}_noise_model")
    target = convert([reference.folder], tmp_path / "out", dtype="keep").target
    data = parity["dit_i2v"]
    model = loaded(WanTransformer3DModel, target / "transformer_2")
    latents = torch.cat([data.tensors["in.x"], data.tensors["in.y"]])[None]
    with torch.inference_mode():
        for step in data.config["timesteps"]:
            out = model(latents, torch.tensor([step]), padded(data.tensors["in.context"])).sample
            assert data.error(f"out.t{step}", out[0]) < 1e-4


def test_ti2v_computes_what_the_reference_computed(reference: Any, parity: Any, tmp_path: Path) -> None:
    from diffusers import AutoencoderKLWan, WanTransformer3DModel

    reference.expert("dit_ti2v")
    reference.rest("vae22")
    made = convert([reference.folder], tmp_path / "out", dtype="keep")
    assert (made.variant, made.missing) == ("ti2v-5b", ())
    data = parity["dit_ti2v"]
    model = loaded(WanTransformer3DModel, made.target / "transformer")
    with torch.inference_mode():
        step = data.config["timesteps"][0]
        out = model(data.tensors["in.x"][None], torch.tensor([step]), padded(data.tensors["in.context"])).sample
        assert data.error(f"out.t{step}", out[0]) < 1e-4
        vae, pixels = loaded(AutoencoderKLWan, made.target / "vae"), parity["vae22"]
        video = pixels.tensors["in.video_u8"].permute(3, 0, 1, 2).float()[None] / 127.5 - 1
        assert pixels.error("out.encoded_raw_mean", vae.encode(video).latent_dist.mode()[0]) < 1e-4


def test_t2v_with_text_encoder_and_autoencoder(reference: Any, parity: Any, tmp_path: Path) -> None:
    from diffusers import AutoencoderKLWan
    from transformers import UMT5EncoderModel

    for which in ("high", "low"):
        reference.expert("moe_t2v", f"weights_{which}", f"{which}_noise_model")
    reference.rest()
    made = convert([reference.folder], tmp_path / "out", dtype="keep")
    assert made.variant == "t2v-a14b"
    data = parity["umt5"]
    with torch.inference_mode():
        text = loaded(UMT5EncoderModel, made.target / "text_encoder")
        found = text(data.tensors["in.ids"], data.tensors["in.mask"]).last_hidden_state
        for row in range(len(found)):
            wanted = data.tensors[f"out.embeds.{row}"]
            assert data.error(f"out.embeds.{row}", found[row, : len(wanted)]) < 1e-4
        vae, pixels = loaded(AutoencoderKLWan, made.target / "vae"), parity["vae21"]
        video = pixels.tensors["in.video_u8"].permute(3, 0, 1, 2).float()[None] / 127.5 - 1
        assert pixels.error("out.encoded_raw_mean", vae.encode(video).latent_dist.mode()[0]) < 1e-4


def test_the_high_noise_expert_comes_first(reference: Any, parity: Any, tmp_path: Path) -> None:
    for which in ("high", "low"):
        reference.expert("moe_t2v", f"weights_{which}", f"{which}_noise_model")
    target = convert([reference.folder], tmp_path / "out", dtype="keep").target
    for which, name in (("high", "transformer"), ("low", "transformer_2")):
        weights = load_file(target / name / "diffusion_pytorch_model.safetensors")
        wanted = parity["moe_t2v"].tensors[f"weights_{which}.patch_embedding.weight"]
        assert torch.equal(weights["patch_embedding.weight"], wanted)


def test_speech_with_its_folder_of_wav2vec(reference: Any, parity: Any, tmp_path: Path) -> None:
    from wan.variants.s2v.transformer import WanS2VTransformer3DModel

    reference.expert("s2v_model")
    speech = reference.folder / "wav2vec2-large-xlsr-53-english"
    speech.mkdir()
    (speech / "config.json").write_text('{"architectures": ["Wav2Vec2ForCTC"]}')
    (speech / "preprocessor_config.json").write_text("{}")
    torch.save({"wav2vec2.masked_spec_embed": torch.arange(4.0)}, speech / "pytorch_model.bin")
    made = convert([reference.folder], tmp_path / "out", dtype="keep")
    assert made.variant == "s2v-14b"
    assert made.missing == ("vae", "text_encoder", "tokenizer")
    model = loaded(WanS2VTransformer3DModel, made.target / "transformer")
    data = parity["s2v_model"]
    mask = data.tensors["weights.trainable_cond_mask.weight"]
    assert torch.equal(model.trainable_condition_mask.weight, mask)
    assert list(model.config.audio_inject_layers) == data.config["model"]["audio_inject_layers"]
    assert not list(made.target.rglob("*.bin"))
    assert load_file(made.target / "audio_encoder/model.safetensors")["wav2vec2.masked_spec_embed"][3] == 3


def test_speech_as_published_with_folders_of_diffusers(reference: Any, parity: Any, tmp_path: Path) -> None:
    reference.expert("s2v_model", folder="transformer")
    config = reference.folder / "transformer/config.json"
    config.write_text(config.read_text().replace("{", '{"_class_name": "WanModel_S2V", ', 1))
    (reference.folder / "model_index.json").write_text("{}")
    made = convert([reference.folder], tmp_path / "out", dtype="keep")
    assert made.variant == "s2v-14b"


def _save_animate(reference: Any, parity: Any) -> Mapping[str, Tensor]:
    data = parity["animate_model"]
    weights = {name: value.contiguous() for name, value in data.weights().items()}
    save_file(weights, reference.folder / "diffusion_pytorch_model.safetensors")
    heads = {"num_heads": data.config["model"]["num_heads"]}
    (reference.folder / "config.json").write_text(json.dumps(heads))
    return weights


def test_animate_with_its_motion_encoder_and_relighting_lora(reference: Any, parity: Any, tmp_path: Path) -> None:
    from diffusers import WanAnimateTransformer3DModel

    _save_animate(reference, parity)
    lora = reference.folder / "relighting_lora"
    lora.mkdir()
    save_file({"a": torch.zeros(1)}, lora / "adapter_model.safetensors")
    made = convert([reference.folder], tmp_path / "out", dtype="keep")
    assert made.variant == "animate-14b"
    assert (made.target / "relighting_lora/adapter_model.safetensors").is_file()
    model = loaded(WanAnimateTransformer3DModel, made.target / "transformer")
    data = parity["animate_model"]
    faces = data.tensors["in.face_u8_lowres"].permute(3, 0, 1, 2).float()
    wider = data.config["face_upscale"]
    faces = faces.repeat_interleave(wider, 2).repeat_interleave(wider, 3) / 127.5 - 1
    with torch.inference_mode():
        motion = model.motion_encoder(faces.permute(1, 0, 2, 3))
    wanted = data.tensors["out.motion_vec"]
    assert data.error("out.motion_vec", motion) < 2e-3 * float(wanted.abs().max())


def test_clip_of_the_reference_becomes_a_vision_model(reference: Any, parity: Any, tmp_path: Path) -> None:
    from transformers import CLIPVisionModel

    reference.clip()
    file = next(reference.folder.glob("models_clip*"))
    kind = next(kind for kind in KINDS if kind.component == "image_encoder")
    heads = parity["clip_vision"].config["model"]["num_heads"]
    # Only the released width tells the number of heads: a smaller model has to say it.
    part = Part(kind, Weights(PickleSource(file)), {"vision_heads": heads}, file)
    for output in plan_files(Found(parts={"image_encoder": part}), "animate-14b", "bf16"):
        place = tmp_path / output.name
        place.parent.mkdir(exist_ok=True)
        if isinstance(output, WeightFile):
            write_file(place, output.entries, lambda _: None)
        else:
            place.write_text(output.text)
    model = loaded(CLIPVisionModel, tmp_path / "image_encoder")
    data = parity["clip_vision"]
    qkv = data.tensors["weights.visual.transformer.1.attn.to_qkv.weight"]
    found = model.state_dict()
    for place, name in enumerate(("q", "k", "v")):
        key = next(key for key in found if key.endswith(f"layers.1.self_attn.{name}_proj.weight"))
        assert torch.equal(found[key], qkv.chunk(3)[place])


def test_vace_with_its_control_blocks(reference: Any, tmp_path: Path) -> None:
    from diffusers import WanVACETransformer3DModel

    for which in ("high", "low"):
        place = f"{which}_noise_model"
        weights = reference.expert("moe_t2v", f"weights_{which}", place, pieces=1)
        width = weights["patch_embedding.weight"].shape[0]
        weights |= {f"vace_{name}": value + 1 for name, value in weights.items() if name.startswith("blocks.")}
        weights["vace_patch_embedding.weight"] = torch.randn(width, 96, 1, 2, 2)
        weights["vace_patch_embedding.bias"] = torch.randn(width)
        for name in ("vace_blocks.0.before_proj", "vace_blocks.0.after_proj", "vace_blocks.1.after_proj"):
            weights |= {f"{name}.weight": torch.randn(width, width), f"{name}.bias": torch.randn(width)}
        save_file(weights, reference.folder / place / "diffusion_pytorch_model-00001-of-00001.safetensors")
        index = reference.folder / place / "diffusion_pytorch_model.safetensors.index.json"
        index.unlink()
        (reference.folder / place / "diffusion_pytorch_model-00001-of-00001.safetensors").rename(
            reference.folder / place / "diffusion_pytorch_model.safetensors"
        )
    made = convert([reference.folder], tmp_path / "out", dtype="keep")
    assert made.variant == "vace-fun-a14b"
    model = loaded(WanVACETransformer3DModel, made.target / "transformer")
    assert model.config.vace_layers == [0, 1]
    table = weights["vace_blocks.1.modulation"]
    low = loaded(WanVACETransformer3DModel, made.target / "transformer_2")
    assert torch.equal(low.vace_blocks[1].scale_shift_table, table)


def test_a_model_of_another_kind_is_refused_with_what_was_looked_for(tmp_path: Path) -> None:
    save_file({"unet.conv.weight": torch.zeros(2)}, tmp_path / "diffusion_pytorch_model.safetensors")
    with pytest.raises(CheckpointError, match=r"unet\.conv\.weight.*Looked for: .*transformer of s2v-14b"):
        convert([tmp_path], tmp_path / "out")


def test_a_shape_that_does_not_fit_is_named(reference: Any, tmp_path: Path) -> None:
    weights = reference.expert("dit_ti2v", pieces=1)
    width = len(weights["blocks.0.norm3.bias"])
    weights["blocks.0.norm3.bias"] = weights["blocks.0.norm3.bias"][:-1].contiguous()
    save_file(weights, reference.folder / "diffusion_pytorch_model-00001-of-00001.safetensors")
    with pytest.raises(CheckpointError, match=rf"blocks\.0\.norm2\.bias is \[{width - 1}\].*needs \[{width}\]"):
        convert([reference.folder], tmp_path / "out")


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_released_models_have_the_published_number_of_weights(variant: str) -> None:
    kind, row = next(kind for kind in KINDS if kind.variant == variant), VARIANTS[variant].transformer
    config = {
        "num_attention_heads": row.dim // HEAD_DIM,
        "attention_head_dim": HEAD_DIM,
        "in_channels": row.in_channels,
        "out_channels": row.out_channels,
        "ffn_dim": row.ffn_dim,
        "num_layers": row.layers,
    }
    if variant == "animate-14b":
        config["added_kv_proj_dim"] = row.dim
    count = sum(torch.Size(shape).numel() for shape in expected(kind, config).shapes.values())
    assert count == pytest.approx(row.parameters, rel=1e-3)
