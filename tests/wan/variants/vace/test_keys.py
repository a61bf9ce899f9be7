from __future__ import annotations

import pytest

from wan.errors import CheckpointError
from wan.variants.vace.keys import vace_key


@pytest.mark.parametrize(
    ("reference", "diffusers"),
    [
        ("vace_patch_embedding.bias", "vace_patch_embedding.bias"),
        ("vace_blocks.0.before_proj.weight", "vace_blocks.0.proj_in.weight"),
        ("vace_blocks.7.after_proj.bias", "vace_blocks.7.proj_out.bias"),
        ("vace_blocks.3.self_attn.norm_q.weight", "vace_blocks.3.attn1.norm_q.weight"),
        ("vace_blocks.3.modulation", "vace_blocks.3.scale_shift_table"),
        ("blocks.3.norm3.bias", "blocks.3.norm2.bias"),
    ],
)
def test_blocks_of_control_are_named_as_those_of_the_transformer(reference: str, diffusers: str) -> None:
    assert vace_key(reference) == diffusers


def test_a_strange_key_is_an_error_that_names_it() -> None:
    with pytest.raises(CheckpointError, match=r"vace_blocks\.0\.odd"):
        vace_key("vace_blocks.0.odd")
