"""A family with random weights, small enough that a clip takes a fraction of a second, and the parity tensors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.wan.parity import PARITY, Parity
from wan.families import Family, Role
from wan.load import load_pipeline
from wan.pipeline import Pipeline
from wan.request import ClipRequest, Guidance, Sampling
from wan.weights.checkpoint import Checkpoint

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


@pytest.fixture(scope="session")
def parity() -> Parity:
    return PARITY
