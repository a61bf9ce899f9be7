from __future__ import annotations

import pytest
import torch

from wan.convert.targets import Target, convert_weights, renamed


def test_a_fused_projection_becomes_several() -> None:
    key, value = Target("to_k", 0, 2), Target("to_v", 1, 2)
    tensor = torch.arange(12).reshape(4, 3)
    assert key.shape((4, 3)) == value.shape((4, 3)) == (2, 3)
    assert torch.equal(torch.cat([key.take(tensor), value.take(tensor)]), tensor)
    assert key.take(tensor).data_ptr() == tensor.data_ptr()


@pytest.mark.parametrize("shape", [(), (3, 2)])
def test_what_cannot_be_split_is_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"to_k: .* cannot be split into 2 parts"):
        Target("to_k", 0, 2).shape(shape)


def test_axes_of_length_one_can_be_dropped() -> None:
    bias = Target("bias", squeeze=True)
    assert bias.shape((1, 5, 1, 1)) == (5,)
    assert bias.take(torch.zeros(1, 5, 1, 1)).shape == (5,)


def test_a_model_is_converted_whole() -> None:
    found = convert_weights({"a": torch.ones(2), "b": torch.zeros(1)}, renamed(str.upper))
    assert set(found) == {"A", "B"}
    assert convert_weights({"a": torch.ones(2)}, lambda _: ()) == {}
