"""A transformer is told from others by what its variant says of it."""

from __future__ import annotations

import pytest

from tests.wan.convert.shapes import infos, transformer_infos
from wan.convert.kinds import KINDS, recognise, unknown
from wan.variants import VARIANTS
from wan.variants.named import named


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variants_transformer_is_recognised_as_its_own(name: str) -> None:
    variant = VARIANTS[name]
    own = dict.fromkeys(named(variant.conversion).own_marks, (1, 1))
    kind = recognise(transformer_infos(channels=variant.transformer.in_channels) | infos(own))
    assert kind is not None
    assert kind.variant == name
    assert kind.class_name == variant.components["transformer"].class_name


def test_a_model_of_wan_21_is_none_of_ours() -> None:
    older = transformer_infos(channels=36) | infos({"img_emb.proj.0.weight": (1280,)})
    assert recognise(older) is None
    assert "a model of WAN 2.1" in str(unknown("x", older))


def test_a_transformer_of_other_channels_is_unknown_and_says_its_channels() -> None:
    strange = transformer_infos(channels=20)
    assert recognise(strange) is None
    assert "its transformer takes 20 channels" in str(unknown("x", strange))


def test_there_is_one_kind_of_transformer_a_variant() -> None:
    assert sorted(kind.variant for kind in KINDS if kind.variant) == sorted(VARIANTS)
    assert all(kind.cast == (kind.component in ("transformer", "text_encoder")) for kind in KINDS)
