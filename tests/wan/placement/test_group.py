from __future__ import annotations

import torch
from torch import nn

from wan.placement.group import Group


def piece(group: Group) -> torch.Tensor:
    made = torch.zeros(group.bytes, dtype=torch.uint8)
    group.copy_to(made)
    return made


def layer() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(3, 5)


def test_lent_weights_are_those_of_the_host_in_another_place() -> None:
    for joined in (True, False):
        model = layer()
        wanted, identity = model.weight.detach().clone(), id(model.weight)
        group = Group(model, pinned=False, joined=joined)
        host, memory = model.weight.data_ptr(), piece(group)
        group.lend(memory)
        assert id(model.weight) == identity
        assert model.weight.untyped_storage().data_ptr() == memory.untyped_storage().data_ptr()
        assert torch.equal(model.weight, wanted)
        group.take_back()
        assert model.weight.data_ptr() == host


def test_every_weight_begins_where_a_device_would_put_it() -> None:
    group = Group(layer(), pinned=False, joined=True)
    assert [item.offset for item in group._items] == [0, 256]
    assert group.bytes == 512


def test_a_weight_that_two_layers_share_is_kept_once() -> None:
    model = nn.Sequential(layer(), layer())
    model[1].weight = model[0].weight
    assert Group(model, pinned=False, joined=True).bytes == 3 * 256


def test_modules_left_out_stay_where_they_are() -> None:
    model = nn.Sequential(layer(), layer())
    place = model[1].weight.data_ptr()
    group = Group(model, pinned=False, joined=True, without=[model[1]])
    group.lend(piece(group))
    assert model[1].weight.data_ptr() == place


def test_channels_last_weights_and_views_keep_their_values() -> None:
    model = nn.Conv2d(3, 4, 2).to(memory_format=torch.channels_last)
    model.register_buffer("part", torch.arange(10.0)[::2])
    wanted, strides = model.weight.detach().clone(), model.weight.stride()
    group = Group(model, pinned=False, joined=True)
    group.lend(piece(group))
    assert torch.equal(model.weight, wanted)
    assert model.weight.stride() == strides
    assert model.get_buffer("part").tolist() == [0, 2, 4, 6, 8]
