from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.wan.placement.layers import Part
from wan.placement.group import Group
from wan.placement.parts import Moved
from wan.placement.streamed import StreamedList, Streamer, streamable

CPU = torch.device("cpu")


@pytest.fixture
def values() -> torch.Tensor:
    return torch.randn(2, 4, generator=torch.Generator().manual_seed(1))


def test_layers_can_be_asked_for_in_any_order(values: torch.Tensor) -> None:
    plain, parts = Part(), Moved({"transformer": Part()}, CPU, "offload")
    with torch.inference_mode(), parts.use("transformer") as part:
        blocks = part.model.blocks
        assert isinstance(blocks, StreamedList)
        for index in (3, 0, 4, -1, 2, 3):
            assert torch.equal(blocks[index](values), plain.model.blocks[index](values))
        for block, other in zip(blocks[1:4], plain.model.blocks[1:4], strict=True):
            assert torch.equal(block(values), other(values))
    assert list(part.model.state_dict()) == list(plain.model.state_dict())


def test_the_outermost_lists_are_streamed() -> None:
    model = nn.Module()
    model.blocks = nn.ModuleList([nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)]) for _ in range(2)])
    model.single = nn.ModuleList([nn.Linear(1, 1)])
    model.inner = nn.Module()
    model.inner.injector = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)])
    assert [name for name, _ in streamable(model)] == ["blocks", "inner.injector"]


def test_a_layer_used_out_of_turn_has_its_weights_on_the_host() -> None:
    part = Part()
    groups = [Group(layer, pinned=False, joined=True) for layer in part.model.blocks]
    streamer = Streamer(groups, CPU, ahead=False)
    layers = StreamedList(part.model.blocks, streamer)
    streamer.open()
    first = layers[0][0].weight
    lent = first.data_ptr()
    layers[1]
    assert first.data_ptr() != lent
    streamer.close()
    assert not streamer.is_open


@pytest.mark.parametrize(("ahead", "pieces"), [(True, 2), (False, 1)])
def test_a_streamer_takes_one_piece_or_two_that_take_turns(ahead: bool, pieces: int) -> None:
    groups = [Group(layer, pinned=False, joined=True) for layer in Part().model.blocks]
    assert Streamer(groups, CPU, ahead=ahead).bytes == pieces * groups[0].bytes
