"""Single files as people have them for ComfyUI: with its prefix, in eight bits, text encoder and autoencoder apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.wan.convert.named import FFN_DIM, named_transformer
from wan.convert.detect import describe
from wan.convert.keys import text_encoder_key, transformer_key
from wan.convert.run import convert
from wan.errors import CheckpointError

pytestmark = pytest.mark.parity


@pytest.fixture
def weights() -> dict[str, Tensor]:
    """Of a TI2V transformer of one head of 128 channels, so that its width alone tells the number of heads."""
    return named_transformer()


def scaled(weights: dict[str, Tensor], scale_name: str = "scale_weight") -> dict[str, Tensor]:
    """As ComfyUI's fp8 files are: matrices of the blocks in e4m3 with a scale, and what steers its arithmetic."""
    made: dict[str, Tensor] = {"scaled_fp8": torch.zeros(2, dtype=torch.float8_e4m3fn)}
    for name, value in weights.items():
        if name.startswith("blocks.") and value.ndim == 2:
            stem = name.removesuffix(".weight")
            scale = value.abs().max() / 448
            made |= {name: (value / scale).to(torch.float8_e4m3fn), f"{stem}.{scale_name}": scale}
            made[f"{stem}.scale_input"] = torch.ones(())
        else:
            made[name] = value
    return made


def weight_of(target: Path, name: str = "transformer") -> dict[str, Tensor]:
    return load_file(target / name / "diffusion_pytorch_model.safetensors")


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
def test_a_file_with_or_without_a_prefix(prefix: str, weights: dict[str, Tensor], tmp_path: Path) -> None:
    save_file({prefix + name: value for name, value in weights.items()}, tmp_path / "any name.safetensors")
    made = convert([tmp_path / "any name.safetensors"], tmp_path / "out", dtype="keep")
    assert made.variant == "ti2v-5b"
    assert made.missing == ("vae", "text_encoder", "tokenizer")
    found = weight_of(made.target)
    assert all(torch.equal(found[transformer_key(name)], value) for name, value in weights.items())


@pytest.mark.parametrize("scale_name", ["scale_weight", "weight_scale"])
@pytest.mark.parametrize("dtype", ["bf16", "keep"])
def test_scaled_fp8_becomes_bf16(scale_name: str, dtype: Any, weights: dict[str, Tensor], tmp_path: Path) -> None:
    given = scaled(weights, scale_name)
    save_file({f"model.diffusion_model.{name}": value for name, value in given.items()}, tmp_path / "a.safetensors")
    found = weight_of(convert([tmp_path / "a.safetensors"], tmp_path / "out", dtype=dtype).target)
    name = "blocks.1.ffn.0"
    wanted = (given[f"{name}.weight"].float() * given[f"{name}.{scale_name}"]).to(torch.bfloat16)
    assert torch.equal(found[transformer_key(f"{name}.weight")], wanted)
    error = (wanted.float() - weights[f"{name}.weight"]).abs().max()
    assert error < 0.07 * weights[f"{name}.weight"].abs().max()
    assert not any("scale" in key and "scale_shift" not in key for key in found)


def test_a_scale_for_every_row(weights: dict[str, Tensor], tmp_path: Path) -> None:
    given = scaled(weights)
    rows = torch.rand(FFN_DIM, 1) + 0.5
    given["blocks.0.ffn.0.scale_weight"] = rows
    save_file(given, tmp_path / "a.safetensors")
    found = weight_of(convert([tmp_path / "a.safetensors"], tmp_path / "out").target)
    wanted = (given["blocks.0.ffn.0.weight"].float() * rows).to(torch.bfloat16)
    assert torch.equal(found["blocks.0.ffn.net.0.proj.weight"], wanted)


def test_scales_of_another_form_are_refused(weights: dict[str, Tensor], tmp_path: Path) -> None:
    given = scaled(weights)
    save_file(given | {"blocks.0.ffn.0.scale_weight": torch.ones(13, 4)}, tmp_path / "blocks.safetensors")
    with pytest.raises(CheckpointError, match=r"scales of the shape \[13, 4\]"):
        convert([tmp_path / "blocks.safetensors"], tmp_path / "out")
    four = given | {"blocks.0.ffn.0.weight": torch.zeros(FFN_DIM, 64, dtype=torch.uint8)}
    save_file(four, tmp_path / "nvfp4.safetensors")
    with pytest.raises(CheckpointError, match="quantised as U8"):
        convert([tmp_path / "nvfp4.safetensors"], tmp_path / "out4")


def test_fp8_without_scales_is_only_widened(weights: dict[str, Tensor], tmp_path: Path) -> None:
    given = {n: v.to(torch.float8_e5m2) if v.ndim == 2 else v.half() for n, v in weights.items()}
    save_file(given, tmp_path / "a.safetensors")
    found = weight_of(convert([tmp_path / "a.safetensors"], tmp_path / "out").target)
    assert torch.equal(found["blocks.0.attn1.to_q.weight"], given["blocks.0.self_attn.q.weight"].to(torch.bfloat16))
    assert torch.equal(found["blocks.0.norm2.bias"], given["blocks.0.norm3.bias"].float())


def narrow(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same transformer with the 16 channels of T2V."""
    made = dict(weights)
    made["patch_embedding.weight"] = weights["patch_embedding.weight"][:, :16].contiguous()
    made |= {f"head.head.{name}": weights[f"head.head.{name}"][:64].contiguous() for name in ("weight", "bias")}
    return made


def test_two_files_become_one_checkpoint(reference: Any, weights: dict[str, Tensor], tmp_path: Path) -> None:
    reference.rest()
    files = [tmp_path / f"wan_{which}_noise.safetensors" for which in ("high", "low")]
    for i, file in enumerate(files):
        save_file({f"diffusion_model.{name}": value + i for name, value in narrow(weights).items()}, file)
    made = convert(files, tmp_path / "out", dtype="keep", rest=reference.folder)
    assert (made.variant, made.missing) == ("t2v-a14b", ())
    high, low = weight_of(made.target), weight_of(made.target, "transformer_2")
    assert torch.equal(high["proj_out.bias"] + 1, low["proj_out.bias"])
    with pytest.raises(CheckpointError, match="give the high-noise expert first"):
        convert(files[::-1], tmp_path / "swapped")


def test_two_files_that_are_no_pair(weights: dict[str, Tensor], tmp_path: Path) -> None:
    save_file(narrow(weights), tmp_path / "a.safetensors")
    save_file(weights, tmp_path / "b.safetensors")
    with pytest.raises(CheckpointError, match="no pair"):
        convert([tmp_path / "a.safetensors", tmp_path / "b.safetensors"], tmp_path / "out")


def test_a_width_that_does_not_tell_the_heads_asks_for_the_configuration(tmp_path: Path) -> None:
    save_file(named_transformer(heads=2, head_dim=48, channels=36), tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match="96 channels wide, which is no multiple of 128: put a config"):
        convert([tmp_path / "a.safetensors"], tmp_path / "out")


def test_whatever_is_missing_comes_from_the_other_folder(
    reference: Any, weights: dict[str, Tensor], tmp_path: Path
) -> None:
    save_file(weights, tmp_path / "a.safetensors")
    reference.rest("vae22")
    made = convert([tmp_path / "a.safetensors"], tmp_path / "out", rest=reference.folder)
    assert made.missing == ()
    again = convert([tmp_path / "a.safetensors"], tmp_path / "again", rest=made.target)
    assert again.missing == ()
    assert (again.target / "vae/config.json").read_bytes() == (made.target / "vae/config.json").read_bytes()


def test_an_autoencoder_of_the_other_kind_does_not_fit(
    reference: Any, weights: dict[str, Tensor], tmp_path: Path
) -> None:
    save_file(weights, tmp_path / "a.safetensors")
    reference.rest("vae21")
    with pytest.raises(CheckpointError, match="z_dim is 16, ti2v-5b needs 48"):
        convert([tmp_path / "a.safetensors"], tmp_path / "out", rest=reference.folder)


def test_text_encoder_and_autoencoder_as_single_files(parity: Any, weights: dict[str, Tensor], tmp_path: Path) -> None:
    text = {text_encoder_key(name): value.contiguous() for name, value in parity["umt5"].weights().items()}
    save_file(text | {"spiece_model": torch.zeros(9, dtype=torch.uint8)}, tmp_path / "umt5.safetensors")
    save_file({n: v.contiguous() for n, v in parity["vae22"].weights().items()}, tmp_path / "vae.safetensors")
    save_file(weights, tmp_path / "a.safetensors")
    files = [tmp_path / name for name in ("vae.safetensors", "a.safetensors", "umt5.safetensors")]
    made = convert(files, tmp_path / "out", dtype="fp32")
    assert made.missing == ("tokenizer",)
    found = load_file(made.target / "text_encoder/model.safetensors")
    assert found.keys() == text.keys()


def test_a_description_reads_headers_only(weights: dict[str, Tensor], tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    save_file({f"model.diffusion_model.{name}": value for name, value in scaled(weights).items()}, file)
    said = describe(file)
    assert (said.layout, said.variant, said.components[0].name) == ("single", "ti2v-5b", "transformer")
    assert said.components[0].scaled
    assert said.nbytes < file.stat().st_size < said.nbytes + 100_000
    assert said.missing == ("vae", "text_encoder", "tokenizer")


def test_descriptions_of_both_layouts_agree(reference: Any, tmp_path: Path) -> None:
    for which in ("high", "low"):
        reference.expert("moe_i2v", f"weights_{which}", f"{which}_noise_model")
    reference.rest()
    before = describe(reference.folder)
    after = describe(convert([reference.folder], tmp_path / "out", dtype="keep").target)
    assert (before.layout, after.layout) == ("reference", "diffusers")
    assert before.variant == after.variant == "i2v-a14b"
    assert before.missing == after.missing == ()
    assert before.parameters == after.parameters
    assert before.dtype == after.dtype == "F32"


def test_a_strange_place_is_described_as_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="does not exist"):
        describe(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match="Looked for: high_noise_model"):
        describe(tmp_path)
    save_file({"lora_down.weight": torch.zeros(2)}, tmp_path / "lora.safetensors")
    with pytest.raises(CheckpointError, match=r"lora_down\.weight.*Looked for"):
        describe(tmp_path / "lora.safetensors")
