"""Tensors of the reference implementation, and its small networks with the reference's weights."""

from __future__ import annotations

import functools
import json
import lzma
import os
import re
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load, load_file
from torch import Tensor

SOLVERS: dict[str, Any] = {"unipc": "unipc", "dpm++": "dpmpp"}  # the reference's names, and ours
PACKED = ".xz"
"""Behind the name of a file that is committed packed."""
_ROOT = Path(__file__).parents[2]


def _folder() -> Path:
    """The folder in `WANFLOW_PARITY`; else the whole set beside the project; else the part committed with the tests."""
    if named := os.environ.get("WANFLOW_PARITY"):
        return Path(named)
    whole = _ROOT.parent / "shared/parity"
    return whole if (whole / "index.json").is_file() else _ROOT / "tests/parity"


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


def _tensors(path: Path) -> dict[str, Tensor]:
    return load(_unpacked(path)) if path.suffix == PACKED else load_file(path)


def _names(path: Path) -> Collection[str]:
    if path.suffix == PACKED:
        return _tensors(path).keys()
    with safe_open(path, "pt") as file:
        return list(file.keys())


@functools.cache
def _unpacked(path: Path) -> bytes:
    return lzma.decompress(path.read_bytes())


class Parity:
    """A folder of tensors and its index. Two folders are never mixed: their networks have other weights."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or _folder()
        self._index = json.loads((self.folder / "index.json").read_text())["files"]

    def __getitem__(self, name: str) -> ParityFile:
        """A file by its name. A test that needs one that is not in the folder is skipped."""
        path = self._path(name)
        if f"{name}.safetensors" not in self._index or path is None:
            pytest.skip(f"{name}.safetensors is not in {self.folder}")
        entry = self._index[f"{name}.safetensors"]
        made = {key: _by_rule(**rule) for key, rule in entry.get("tensors_by_rule", {}).items()}
        return ParityFile(entry["config"], {**_tensors(path), **made})

    def config(self, name: str) -> Mapping[str, Any]:
        """A file's configuration, for tests that are made of its cases; empty where the index has no such file."""
        config: Mapping[str, Any] = self._index.get(f"{name}.safetensors", {}).get("config", {})
        return config

    def matches(self, name: str, pattern: str) -> list[Any]:
        """What a pattern's groups find in the names of a file's tensors, each once, in order; none without the file."""
        path = self._path(name)
        found = [re.fullmatch(pattern, key) for key in sorted(_names(path))] if path else []
        groups = [match.groups() for match in found if match]
        return list(dict.fromkeys(each if len(each) > 1 else each[0] for each in groups))

    def _path(self, name: str) -> Path | None:
        plain = self.folder / f"{name}.safetensors"
        return next((path for path in (plain, plain.with_name(f"{plain.name}{PACKED}")) if path.is_file()), None)

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

    def animate(self) -> Any:
        """diffusers' Animate transformer with the reference's weights of `animate_model`."""
        from diffusers import WanAnimateTransformer3DModel

        from wan.convert.targets import convert_weights
        from wan.variants.animate.keys import animate_targets

        data = self["animate_model"]
        config = data.config["model"]
        model = WanAnimateTransformer3DModel(
            num_attention_heads=config["num_heads"],
            attention_head_dim=config["dim"] // config["num_heads"],
            text_dim=config["text_dim"],
            freq_dim=config["freq_dim"],
            ffn_dim=config["ffn_dim"],
            num_layers=config["num_layers"],
            added_kv_proj_dim=config["dim"],
        )
        model.load_state_dict(convert_weights(data.weights(), animate_targets))
        return model.eval()


PARITY = Parity()
