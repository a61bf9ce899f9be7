from __future__ import annotations

from typing import Any

import pytest
import torch

from wan.convert import text_encoder_key
from wan.model.text import TextEncoder, clean_prompt
from wan.pipeline import Pipeline


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  a\n red\t boat ", "a red boat"),
        ("salt &amp;amp; pepper", "salt & pepper"),
        ("caf\u00c3\u00a9", "café"),
        ("色调艳丽，过曝", "色调艳丽,过曝"),
        ("", ""),
    ],
)
def test_prompts_are_cleaned_as_in_diffusers(raw: str, clean: str) -> None:
    from diffusers.pipelines.wan.pipeline_wan import prompt_clean

    assert clean_prompt(raw) == clean == prompt_clean(raw)


def test_rows_past_the_prompt_are_zero(t2v: Pipeline) -> None:
    embeddings = t2v.parts.parts["text_encoder"].encode("a red boat")
    assert embeddings.shape == (1, 12, 16)
    assert bool(embeddings[0, :4].any(dim=-1).all())  # three words and the end
    assert not bool(embeddings[0, 4:].any())


def test_a_prompt_that_is_too_long_is_cut(t2v: Pipeline) -> None:
    embeddings = t2v.parts.parts["text_encoder"].encode("a red boat moves " * 20)
    assert embeddings.shape == (1, 12, 16)
    assert bool(embeddings.any(dim=-1).all())


def test_padding_would_not_change_the_valid_rows(t2v: Pipeline) -> None:
    text = t2v.parts.parts["text_encoder"]
    tokens = text._tokenizer("a red boat", padding="max_length", max_length=12, return_tensors="pt")
    with torch.inference_mode():
        padded = text.model(tokens.input_ids, attention_mask=tokens.attention_mask).last_hidden_state
    assert torch.allclose(padded[:, :4], text.encode("a red boat")[:, :4], atol=1e-5)


def test_a_repeated_prompt_is_encoded_once(t2v: Pipeline) -> None:
    text = TextEncoder(t2v.parts.parts["text_encoder"]._tokenizer, t2v.parts.parts["text_encoder"].model)
    first = text.encode("a red boat")
    assert text.encode(" a  red boat\n") is first
    for number in range(20):
        text.encode("boat " * (number + 1))
    assert text.encode("a red boat") is not first
    assert torch.equal(text.encode("a red boat"), first)


@pytest.mark.parity
def test_the_text_encoder_is_the_references(parity: Any) -> None:
    from transformers import UMT5Config, UMT5EncoderModel

    data = parity["umt5"]
    config = data.config
    model = UMT5EncoderModel(
        UMT5Config(
            vocab_size=config["vocab"],
            d_model=config["dim"],
            d_kv=config["dim_attn"] // config["num_heads"],
            d_ff=config["dim_ffn"],
            num_heads=config["num_heads"],
            num_layers=config["num_layers"],
            relative_attention_num_buckets=config["num_buckets"],
            relative_attention_max_distance=config["max_distance"],
            feed_forward_proj="gated-gelu",
        )
    ).eval()
    weights = {text_encoder_key(name): value for name, value in data.weights().items()}
    weights["encoder.embed_tokens.weight"] = weights["shared.weight"]
    model.load_state_dict(weights)
    for row, length in enumerate(config["lengths"]):
        tokenizer = _Given(data.tensors["in.ids"][row : row + 1, :length])
        embeddings = TextEncoder(tokenizer, model).encode("unused")
        assert data.error(f"out.embeds.{row}", embeddings[0, :length]) < 1e-4


class _Given:
    """A tokenizer that gives these ids whatever it reads."""

    model_max_length = 10**30

    def __init__(self, ids: torch.Tensor) -> None:
        self.input_ids = ids

    def __call__(self, *_: object, **__: object) -> _Given:
        return self
