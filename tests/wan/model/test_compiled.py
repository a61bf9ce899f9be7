from __future__ import annotations

import pytest
import torch

from wan.model import blocks
from wan.model.compiled import block_functions, compile_function


def test_blocks_that_are_not_compiled_are_the_functions_themselves() -> None:
    found = block_functions(False)
    assert found.run_block is blocks.run_block
    assert found.attend_to_itself is blocks.attend_to_itself
    assert found.read_prompt is blocks.read_prompt


def test_all_experts_of_a_process_share_one_compilation() -> None:
    assert block_functions(True) is block_functions(True)
    assert block_functions(True).run_block is not blocks.run_block


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_compiled_function_gives_the_same_for_every_shape() -> None:
    compiled = compile_function(lambda values: (values * 2).relu())
    for length in (3, 5, 8):
        values = torch.randn(length)
        assert torch.equal(compiled(values), (values * 2).relu())
