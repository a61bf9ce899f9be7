"""Blocks (`wan.model.blocks`), compiled or not; one compilation serves all blocks of a model: weights are inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from wan.model import blocks

_SHAPES = 64
"""Sizes of clips and kinds of models one process may compile for, before torch refuses to compile another."""


@dataclass(frozen=True, slots=True)
class BlockFunctions:
    """The functions of `wan.model.blocks`."""

    run_block: Callable[..., Tensor]
    attend_to_itself: Callable[..., Tensor]
    read_prompt: Callable[..., Tensor]


@cache
def block_functions(compiled: bool) -> BlockFunctions:
    """Shared by all experts of the process, so that a model loaded again is not compiled again."""
    functions = (blocks.run_block, blocks.attend_to_itself, blocks.read_prompt)
    return BlockFunctions(*(compile_function(each) if compiled else each for each in functions))


def compile_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiled for every shape by itself: what a clip looks like must not depend on those rendered before it."""
    compiled = torch.compile(function, fullgraph=True, dynamic=False)

    def run(*arguments: Any) -> Any:
        with torch._dynamo.config.patch(recompile_limit=_SHAPES):
            return compiled(*arguments)

    return run
