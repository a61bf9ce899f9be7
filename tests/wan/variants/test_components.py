"""What a checkpoint consists of: a variant's own components, and those that all have."""

from __future__ import annotations

import pytest

from wan.variants import VARIANTS
from wan.variants.components import layout, plain_transformer
from wan.variants.sizes import VAE22


def test_what_all_variants_share_comes_behind_their_own() -> None:
    made = layout(VAE22, transformer=plain_transformer(in_channels=48))
    assert list(made) == ["transformer", "vae", "text_encoder", "tokenizer"]
    assert made["vae"].config == {"z_dim": 48}
    assert not made["tokenizer"].weights


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_has_as_many_transformers_as_experts(name: str) -> None:
    variant = VARIANTS[name]
    found = [part for part in variant.components if part.startswith("transformer")]
    assert found == ["transformer", "transformer_2"][: variant.experts]
    takes = {variant.components[part].config.get("in_channels") for part in found} - {None}
    assert takes <= {variant.transformer.in_channels}
