"""The loop over blocks. How a row of tokens is cut over GPUs is tested in `tests/wan/parallel`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from wan.errors import Cancelled
from wan.model.compiled import BlockFunctions
from wan.model.loop import Step, run_blocks
from wan.parallel.span import Span
from wan.system.stop import heeding


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


def step(calls: Calls, *texts: float, mine: Sequence[int] | None = None) -> Step:
    tables = (torch.zeros(1), torch.zeros(1))
    told = tuple(torch.tensor(text) for text in texts)
    mine = range(len(texts)) if mine is None else mine
    return Step(calls.functions(), torch.float32, told, tables, tables, torch.zeros(1, 1, 6, 4), (5,), mine, Span(5))


def test_prompts_share_the_first_block_until_they_are_read() -> None:
    calls = Calls()
    found = run_blocks([Block(0), Block(1)], torch.zeros(1, 5, 4), step(calls, 10.0, 20.0), lambda *_: None)
    assert calls.made == [("itself", 0), ("prompt", 0), ("prompt", 0), ("whole", 1), ("whole", 1)]
    assert [float(branch.max()) for branch in found] == [22.0, 42.0]


def test_one_of_two_prompts_is_computed_as_it_is_beside_the_other() -> None:
    calls = Calls()
    of_second = step(calls, 10.0, 20.0, mine=[1])
    (found,) = run_blocks([Block(0), Block(1)], torch.zeros(1, 5, 4), of_second, lambda *_: None)
    assert calls.made == [("itself", 0), ("prompt", 0), ("whole", 1)]
    assert float(found.max()) == 42.0


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


@pytest.mark.parametrize("compiled", [False, True])
def test_it_is_left_between_two_blocks_compiled_or_not(compiled: bool) -> None:
    calls, asked = Calls(), []
    given = step(calls, 10.0)
    if compiled:  # what is compiled is a block; the loop around it is plain Python
        run = given.functions.run_block
        whole = torch.compile(lambda tokens: tokens + 1, backend="eager", fullgraph=True)
        given = replace(given, functions=replace(given.functions, run_block=lambda *all: whole(run(*all))))

    def at_the_second() -> bool:
        asked.append(list(calls.made))
        return len(asked) == 2

    with pytest.raises(Cancelled), heeding(at_the_second):
        run_blocks([Block(number) for number in range(4)], torch.zeros(1, 5, 4), given, lambda *_: None)
    assert asked == [[("whole", 0)], [("whole", 0), ("whole", 1)]]
    assert calls.made == asked[-1]


def test_nobody_is_asked_before_the_first_block_and_behind_the_last() -> None:
    asked: list[int] = []
    with heeding(lambda: bool(asked.append(1))):
        run_blocks([Block(0)], torch.zeros(1, 5, 4), step(Calls(), 10.0), lambda *_: None)
    assert asked == []
