"""One weight of the reference becomes one, several or none of the class that runs."""

from __future__ import annotations

import pytest
import torch

from wan.convert.targets import Target, convert_weights, renamed


def test_a_fused_projection_becomes_equal_parts() -> None:
    parts = [Target("k", 0, 2), Target("v", 1, 2)]
    fused = torch.arange(8.0).reshape(4, 2)
    made = convert_weights({"kv": fused}, lambda key: tuple(parts))
    assert torch.equal(torch.cat([made["k"], made["v"]]), fused)
    assert {part.shape((4, 2)) for part in parts} == {(2, 2)}


def test_what_cannot_be_split_is_named() -> None:
    with pytest.raises(ValueError, match=r"k: \[5, 2\] cannot be split into 2 parts"):
        Target("k", 0, 2).shape((5, 2))


def test_axes_of_length_one_are_dropped_where_that_is_said() -> None:
    assert Target("bias", squeeze=True).shape((1, 4, 1, 1)) == (4,)
    assert Target("bias", squeeze=True).take(torch.zeros(1, 4, 1, 1)).shape == (4,)
    assert Target("bias").shape((1, 4, 1, 1)) == (1, 4, 1, 1)


def test_a_table_of_names_only_renames() -> None:
    weight = torch.ones(3)
    assert convert_weights({"a": weight}, renamed(str.upper))["A"] is weight
