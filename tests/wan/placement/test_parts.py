from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tests.wan.placement.layers import Part
from wan.families import Family
from wan.load import load_pipeline
from wan.pipeline import Pipeline
from wan.placement import PLACEMENTS, Placement
from wan.placement.parts import Moved
from wan.placement.streamed import Streamer
from wan.request import ClipRequest, Numerics
from wan.weights.checkpoint import Checkpoint

CPU = torch.device("cpu")
LEAN = PLACEMENTS[1:]


@pytest.fixture
def values() -> torch.Tensor:
    return torch.randn(2, 4, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("placement", LEAN)
def test_a_part_computes_the_same_from_every_place(placement: Placement, values: torch.Tensor) -> None:
    plain, parts = Part(), Moved({"transformer": Part()}, CPU, placement)
    with torch.inference_mode():
        wanted = plain.run(values)
        for _ in range(2):
            with parts.use("transformer") as part:
                assert torch.equal(part.run(values), wanted)
                assert torch.equal(part.run(values), wanted)
            parts.done("transformer")


def test_only_the_part_in_use_is_on_the_device(values: torch.Tensor) -> None:
    parts = Moved({"one": Part(), "two": Part()}, CPU, "expert_swap")
    with parts.use("one") as one:
        one.run(values)
    assert [name for name, lent in parts._lent.items() if lent.is_here] == ["one"]
    with parts.use("two"):
        assert [name for name, lent in parts._lent.items() if lent.is_here] == ["two"]
    parts.done("two")
    assert not any(lent.is_here for lent in parts._lent.values())


@pytest.mark.parametrize(("placement", "at_once"), [("offload", 2), ("low_vram", 1)])
def test_streaming_takes_the_memory_of_two_layers_or_of_one(placement: Placement, at_once: int) -> None:
    lent = Moved({"transformer": Part()}, CPU, placement)._lent["transformer"]
    layer = max(group.bytes for group in lent._streamers[0]._groups)
    assert lent.bytes == sum(group.bytes for group in lent._whole) + at_once * layer


@pytest.mark.parametrize("placement", ["offload", "low_vram"])
def test_streamed_layers_never_come_with_the_rest_of_the_model(placement: Placement, values: torch.Tensor) -> None:
    lent = Moved({"transformer": Part()}, CPU, placement)._lent["transformer"]
    lent.fetch()
    with_the_rest = {id(tensor) for group in lent._whole for _, _, tensor in group._tensors()}
    of_layers = {id(weight) for weight in lent.part.model.blocks.parameters()}
    assert of_layers.isdisjoint(with_the_rest)
    own = {layer: module[0].weight.data_ptr() for layer, module in enumerate(lent.part.model.blocks._modules.values())}
    for index, block in enumerate(lent.part.model.blocks):
        lent.wait()
        moved = {n for n, module in enumerate(lent.part.model.blocks._modules.values()) if _address(module) != own[n]}
        assert moved == {index}
        assert block(values).shape == values.shape


def _address(layer: nn.Module | None) -> int:
    assert isinstance(layer, nn.Sequential)
    assert isinstance(layer[0].weight, torch.Tensor)
    return layer[0].weight.data_ptr()


def test_layers_added_later_come_along(values: torch.Tensor) -> None:
    parts = Moved({"transformer": Part()}, CPU, "offload")
    with parts.use("transformer") as part:
        part.model.blocks[1].add_module("lora", nn.Linear(4, 4))
        assert part.run(values).shape == (2, 4)


@pytest.mark.parametrize("placement", LEAN)
@pytest.mark.parametrize("precision", ["fp32", "reference", "fp8_storage"])
def test_a_placement_changes_no_bit_of_a_clip(
    family: Family, text_request: ClipRequest, placement: Placement, precision: Any
) -> None:
    def render(where: Placement) -> tuple[torch.Tensor, Any]:
        pipeline: Pipeline = load_pipeline(
            "t2v-a14b",
            Checkpoint.open(family, "t2v-a14b"),
            device="cpu",
            numerics=Numerics(precision),
            placement=where,
        )
        state = pipeline.advance(pipeline.encode(text_request))
        return state.latents, pipeline.decode(state)

    wanted, frames = render("resident")
    latents, found = render(placement)
    assert torch.equal(latents, wanted)
    assert (found == frames).all()


@pytest.mark.parametrize("placement", ["offload", "low_vram"])
def test_a_block_is_brought_once_a_step_for_both_prompts(
    family: Family, text_request: ClipRequest, placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = load_pipeline("t2v-a14b", Checkpoint.open(family, "t2v-a14b"), device="cpu", placement=placement)
    state = pipeline.encode(text_request)
    assert state.negative_embeddings is not None
    asked: list[int] = []
    fetch = Streamer.fetch

    def counted(self: Streamer, index: int) -> None:
        asked.append(index)
        fetch(self, index)

    monkeypatch.setattr(Streamer, "fetch", counted)
    pipeline.advance(state, 1)
    blocks = len(pipeline.parts._lent["transformer"].part.model.blocks)  # type: ignore[attr-defined]
    changes = [index for index, before in zip(asked, [-1, *asked], strict=False) if index != before]
    assert changes == list(range(blocks))
