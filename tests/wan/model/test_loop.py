"""The loop over blocks, and where a row of tokens is cut and put together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from wan.model.compiled import BlockFunctions
from wan.model.expert import Expert
from wan.model.loop import Step, Tokens, run_blocks
from wan.tiny.models import build_transformer


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


class Block(nn.Module):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.scale_shift_table = torch.zeros(1, 6, 4)


class Calls:
    """Functions of a block that write down how they are called."""

    def __init__(self) -> None:
        self.made: list[tuple[str, int]] = []

    def functions(self) -> BlockFunctions:
        def run_block(block: Block, tokens: Tensor, text: Tensor, *_: object) -> Tensor:
            self.made.append(("whole", block.number))
            return tokens + 1 + text

        def attend(block: Block, tokens: Tensor, *_: object) -> Tensor:
            self.made.append(("itself", block.number))
            return tokens + 1

        def read(block: Block, tokens: Tensor, text: Tensor, *_: object) -> Tensor:
            self.made.append(("prompt", block.number))
            return tokens + text

        return BlockFunctions(run_block, attend, read)


def step(calls: Calls, *texts: float) -> Step:
    tables = (torch.zeros(1), torch.zeros(1))
    told = tuple(torch.tensor(text) for text in texts)
    return Step(calls.functions(), torch.float32, told, tables, torch.zeros(1, 1, 6, 4), (5,))


def test_prompts_share_the_first_block_until_they_are_read() -> None:
    calls = Calls()
    found = run_blocks([Block(0), Block(1)], torch.zeros(1, 5, 4), step(calls, 10.0, 20.0), lambda *_: None)
    assert calls.made == [("itself", 0), ("prompt", 0), ("prompt", 0), ("whole", 1), ("whole", 1)]
    assert [float(branch.max()) for branch in found] == [22.0, 42.0]


def test_one_prompt_goes_through_whole_blocks() -> None:
    calls = Calls()
    (found,) = run_blocks([Block(0), Block(1)], torch.zeros(1, 5, 4), step(calls, 10.0), lambda *_: None)
    assert calls.made == [("whole", 0), ("whole", 1)]
    assert float(found.max()) == 22.0


def test_what_runs_beside_sees_the_tokens_of_every_prompt_behind_each_block() -> None:
    seen = []

    def hook(index: int, branches: list[Tensor]) -> None:
        seen.append((index, len(branches)))
        branches[0] = branches[0] * 0

    first, second = run_blocks([Block(0), Block(1)], torch.ones(1, 5, 4), step(Calls(), 1.0, 2.0), hook)
    assert seen == [(0, 2), (1, 2)]
    assert not bool(first.any())
    assert bool(second.all())


class Reversed(Tokens):
    """A row that runs backwards: what stands beside tokens must be turned with them."""

    def share(self, row: Tensor) -> Tensor:
        return row.flip(1)

    def whole(self, share: Tensor) -> Tensor:
        return share.flip(1)


def test_what_stands_beside_tokens_is_cut_as_they_are() -> None:
    torch.manual_seed(0)
    model = build_transformer(16)
    inputs = torch.randn(1, 16, 3, 4, 6)
    texts = [torch.randn(1, 7, model.config.text_dim) for _ in range(2)]
    plain, turned = Expert(model), Expert(model)
    turned.tokens = Reversed()
    wanted = plain.velocities(inputs, 600, plain.context(texts, inputs))
    found = turned.velocities(inputs, 600, turned.context(texts, inputs))
    for one, other in zip(found, wanted, strict=True):
        assert torch.allclose(one, other, atol=1e-5)
