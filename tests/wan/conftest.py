"""A family with random weights, small enough that a clip takes a fraction of a second, and the parity tensors."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from wan.checkpoint import Checkpoint
from wan.families import Family, Role
from wan.load import load_pipeline
from wan.pipeline import Pipeline
from wan.request import ClipRequest, Guidance, Sampling

WORDS = ("<pad>", "</s>", "<unk>", "a", "red", "blue", "boat", "moves", "left", "right")
SAMPLING = Sampling(4, 5.0, Guidance(4.0, 3.0), "unipc", 0.875)


def _save_transformer(folder: Path, in_channels: int, seed: int) -> None:
    from diffusers import WanTransformer3DModel

    torch.manual_seed(seed)
    model = WanTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=in_channels,
        out_channels=16,
        text_dim=16,
        freq_dim=32,
        ffn_dim=32,
        num_layers=2,
    )
    model.save_pretrained(folder)


def _save_shared(root: Path) -> None:
    from diffusers import AutoencoderKLWan
    from tokenizers import Tokenizer, pre_tokenizers, processors
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

    torch.manual_seed(1)
    AutoencoderKLWan(base_dim=4, dim_mult=[1, 2, 2, 2], num_res_blocks=1).save_pretrained(root / "vae")
    config = UMT5Config(vocab_size=len(WORDS), d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2)
    UMT5EncoderModel(config).save_pretrained(root / "text_encoder")
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=12
    ).save_pretrained(root / "tokenizer")


def make_family(root: Path) -> Family:
    """Writes a family with random weights: T2V and I2V with shared autoencoder, text encoder and tokenizer."""
    shared = {name: f"shared/{name}" for name in ("vae", "text_encoder", "tokenizer")}
    _save_shared(root / "shared")
    for variant, channels in (("t2v-a14b", 16), ("i2v-a14b", 36)):
        _save_transformer(root / variant / "transformer", channels, 2)
        _save_transformer(root / variant / "transformer_2", channels, 3)
        index = {"_class_name": "WanPipeline", "boundary_ratio": 0.875}
        (root / variant / "model_index.json").write_text(json.dumps(index))
    roles = {name: Role(variant=name, folder=name, shared=shared) for name in ("t2v-a14b", "i2v-a14b")}
    return Family(name="random", root=root, roles=roles, precision="fp32")


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def family(tmp_path_factory: pytest.TempPathFactory) -> Family:
    return make_family(tmp_path_factory.mktemp("family"))


@pytest.fixture(scope="session")
def t2v(family: Family) -> Pipeline:
    return load_pipeline("t2v-a14b", Checkpoint.open(family, "t2v-a14b"), device="cpu")


@pytest.fixture(scope="session")
def i2v(family: Family) -> Pipeline:
    return load_pipeline("i2v-a14b", Checkpoint.open(family, "i2v-a14b"), device="cpu")


@pytest.fixture
def text_request() -> ClipRequest:
    return ClipRequest(prompt="a red boat moves right", width=48, height=32, num_frames=9, sampling=SAMPLING, seed=7)


@pytest.fixture
def picture() -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)


@dataclass(frozen=True)
class ParityFile:
    """One file of reference tensors with its configuration."""

    config: Mapping[str, Any]
    tensors: Mapping[str, Tensor]

    def weights(self, prefix: str = "weights") -> dict[str, Tensor]:
        start = f"{prefix}."
        return {name.removeprefix(start): value for name, value in self.tensors.items() if name.startswith(start)}

    def error(self, name: str, value: Tensor) -> float:
        """The largest absolute difference from the reference; the shapes must agree, NaN counts as infinite."""
        wanted = self.tensors[name].float()
        assert value.shape == wanted.shape
        return float((value.float() - wanted).abs().nan_to_num(nan=float("inf")).max())


def _by_rule(key: str, shape: list[int], amp: float, offset: float, first_values: list[float]) -> Tensor:
    """A tensor too large to store, made from a hash of its key as the tensors' README says."""
    number, golden = np.uint64, np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        z = np.arange(int(np.prod(shape)), dtype=number) + number(zlib.crc32(key.encode())) * golden
        z = (z + number(1)) * golden
        z = (z ^ (z >> number(30))) * number(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> number(27))) * number(0x94D049BB133111EB)
        z = z ^ (z >> number(31))
    uniform = (z >> number(40)).astype(np.float64) / 2.0**24
    values = torch.from_numpy(((uniform - 0.5) * 2 * amp + offset).astype(np.float32).reshape(shape))
    assert values.flatten()[: len(first_values)].tolist() == first_values
    return values


class Parity:
    """The folder in `WANFLOW_PARITY`, or the one committed with the tests; large files may lie beside the project."""

    def __init__(self) -> None:
        root = Path(__file__).parents[2]
        self.folders = (Path(os.environ.get("WANFLOW_PARITY") or root / "tests/parity"), root.parent / "shared/parity")
        self._index = json.loads((self.folders[0] / "index.json").read_text())["files"]

    def __getitem__(self, name: str) -> ParityFile:
        """A file by its name. A test that needs one of the large ones is skipped where it is not."""
        entry = self._index[f"{name}.safetensors"]
        for folder in self.folders:
            if (path := folder / f"{name}.safetensors").is_file():
                made = {key: _by_rule(**rule) for key, rule in entry.get("tensors_by_rule", {}).items()}
                return ParityFile(entry["config"], {**load_file(path), **made})
        pytest.skip(f"{name}.safetensors is not in {self.folders[0]}")

    def vae(self) -> Any:
        """diffusers' autoencoder with the reference's weights of `vae21`."""
        from diffusers import AutoencoderKLWan

        from wan.convert import vae_key

        data = self["vae21"]
        names = ("z_dim", "dim_mult", "num_res_blocks", "temperal_downsample")
        model = AutoencoderKLWan(
            base_dim=data.config["dim"],
            latents_mean=data.tensors["in.latents_mean"].tolist(),
            latents_std=data.tensors["in.latents_std"].tolist(),
            **{name: data.config[name] for name in names},
        )
        model.load_state_dict({vae_key(name): value for name, value in data.weights().items()})
        return model.eval()

    def vae22(self) -> Any:
        """diffusers' autoencoder of the 2.2 kind with the reference's weights of `vae22`."""
        from diffusers import AutoencoderKLWan

        from wan.convert.vae22 import vae22_key

        data = self["vae22"]
        names = ("z_dim", "dim_mult", "num_res_blocks", "temperal_downsample")
        model = AutoencoderKLWan(
            base_dim=data.config["dim"],
            decoder_base_dim=data.config["dec_dim"],
            is_residual=True,
            patch_size=2,
            in_channels=12,
            out_channels=12,
            scale_factor_spatial=16,
            latents_mean=data.tensors["in.latents_mean"].tolist(),
            latents_std=data.tensors["in.latents_std"].tolist(),
            **{name: data.config[name] for name in names},
        )
        model.load_state_dict({vae22_key(name): value for name, value in data.weights().items()})
        return model.eval()

    def transformer(self, model: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Any:
        """diffusers' transformer of that configuration with the reference's weights."""
        from diffusers import WanTransformer3DModel

        from wan.convert import transformer_key

        built = WanTransformer3DModel(
            num_attention_heads=model["num_heads"],
            attention_head_dim=model["dim"] // model["num_heads"],
            in_channels=model["in_dim"],
            out_channels=model["out_dim"],
            text_dim=model["text_dim"],
            freq_dim=model["freq_dim"],
            ffn_dim=model["ffn_dim"],
            num_layers=model["num_layers"],
        )
        built.load_state_dict({transformer_key(name): value for name, value in weights.items()})
        return built.eval()


@pytest.fixture(scope="session")
def parity() -> Parity:
    return Parity()
