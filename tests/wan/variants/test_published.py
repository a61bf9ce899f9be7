"""Rows of the hubs: which repository is asked on which hub, and which commit."""

from __future__ import annotations

import pytest

from wan.errors import HubRefusal
from wan.variants.published import in_diffusers_layout, in_reference_layout, lightning_loras

COMMIT = "c" * 40


def test_what_the_publisher_has_is_on_both_hubs() -> None:
    model = in_diffusers_layout("toy-1b", "toys", 5e9, "Wan-AI/Toy", COMMIT)
    assert model.repo("huggingface") == model.repo("modelscope") == "Wan-AI/Toy"
    assert (model.pin("huggingface"), model.pin("modelscope")) == (COMMIT, None)


def test_a_conversion_by_others_is_on_one() -> None:
    model = in_diffusers_layout("toy-1b", "toys", 5e9, "Toys/Toy")
    with pytest.raises(HubRefusal, match="toy-1b is not known on modelscope; take it from huggingface"):
        model.repo("modelscope")


def test_the_references_layout_is_pulled_with_its_pickles() -> None:
    model = in_reference_layout("toy-1b", 5e9, "Toys/Toy", modelscope="PAI/Toy")
    assert (model.name, model.variant, model.repo("modelscope")) == ("toy-1b-reference", "toy-1b", "PAI/Toy")
    assert any(pattern.endswith(".pth") for pattern in model.files)


def test_loras_are_pulled_without() -> None:
    model = lightning_loras("toy-1b", "folder")
    assert (model.name, model.layout) == ("lightning-toy", "lora")
    assert not any(pattern.endswith(".pth") for pattern in model.files)
