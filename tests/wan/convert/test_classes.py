from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from wan.convert.classes import Expected, expected
from wan.errors import CheckpointError

SIZES = {"num_attention_heads": 2, "attention_head_dim": 12, "ffn_dim": 32, "num_layers": 1, "text_dim": 16}


def kind(class_name: str, module: str = "diffusers") -> Any:
    return SimpleNamespace(name="a transformer", module=module, class_name=class_name)


def test_a_class_says_what_it_wants_without_memory_for_it() -> None:
    found = expected(kind("WanTransformer3DModel"), SIZES)
    assert found.shapes["blocks.0.attn1.to_q.weight"] == (24, 24)
    assert found.keeps_fp32("blocks.0.norm2.weight")
    assert not found.keeps_fp32("blocks.0.attn1.to_q.weight")
    assert (found.config["_class_name"], found.config["ffn_dim"]) == ("WanTransformer3DModel", 32)


def test_a_weight_that_is_tied_is_wanted_once() -> None:
    sizes = {"vocab_size": 10, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
    found = expected(kind("UMT5EncoderModel", "transformers"), sizes)
    assert found.shapes["shared.weight"] == (10, 16)
    assert "encoder.embed_tokens.weight" not in found.shapes
    assert found.config["architectures"] == ["UMT5EncoderModel"]
    assert found.keep_fp32 == frozenset()


def test_sizes_that_make_no_model_are_an_error() -> None:
    with pytest.raises(CheckpointError, match="a transformer: no WanTransformer3DModel can be built"):
        expected(kind("WanTransformer3DModel"), {**SIZES, "num_layers": "many"})


def test_fp32_is_a_matter_of_a_whole_part_of_a_name() -> None:
    wanted = Expected({}, frozenset({"norm1"}), {})
    assert wanted.keeps_fp32("blocks.0.norm1.weight")
    assert not wanted.keeps_fp32("blocks.0.norm10.weight")
