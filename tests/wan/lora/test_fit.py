"""LoRAs of other models, told from the headers of files as they are published."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from wan.errors import RequestError
from wan.families import FAMILIES
from wan.load import load_pipeline
from wan.lora.fit import Shapes, check_fit, transformer_shapes
from wan.weights.checkpoint import Checkpoint

Write = Callable[[Mapping[str, tuple[int, ...]]], Path]
WIDTH, FEED, TEXT, RANK = 5120, 13824, 4096, 32


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A LoRA's header; its data is a hole in the file."""

    def make(shapes: Mapping[str, tuple[int, ...]]) -> Path:
        header, end = {}, 0
        for key, shape in shapes.items():
            size = 2
            for side in shape:
                size *= side
            header[key] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [end, end + size]}
            end += size
        text = json.dumps(header).encode()
        path = tmp_path / "grain.safetensors"
        with path.open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            file.truncate(8 + len(text) + end)
        return path

    return make


@pytest.fixture(scope="session")
def a14b() -> Shapes:
    """Two blocks of T2V-A14B, in its real sizes."""
    shapes: dict[str, tuple[int, ...]] = {
        "patch_embedding.weight": (WIDTH, 16, 1, 2, 2),
        "patch_embedding.bias": (WIDTH,),
    }
    for block in ("blocks.0", "blocks.1"):
        for attention in ("attn1", "attn2"):
            shapes[f"{block}.{attention}.norm_q.weight"] = (WIDTH,)
            for layer in ("to_q", "to_k", "to_v", "to_out.0"):
                shapes[f"{block}.{attention}.{layer}.weight"] = (WIDTH, WIDTH)
                shapes[f"{block}.{attention}.{layer}.bias"] = (WIDTH,)
        shapes[f"{block}.ffn.net.0.proj.weight"] = (FEED, WIDTH)
        shapes[f"{block}.scale_shift_table"] = (1, 6, WIDTH)
    return shapes


def pair(
    layer: str, rows: int, columns: int, names: tuple[str, str] = ("lora_A", "lora_B")
) -> dict[str, tuple[int, ...]]:
    return {f"{layer}.{names[0]}.weight": (RANK, columns), f"{layer}.{names[1]}.weight": (rows, RANK)}


@pytest.mark.parametrize(
    "shapes",
    [
        pair("transformer.blocks.0.attn1.to_q", WIDTH, WIDTH),
        pair("diffusion_model.blocks.1.self_attn.o", WIDTH, WIDTH, ("lora_down", "lora_up")),
        pair("lora_unet_blocks_1_ffn_0", FEED, WIDTH, ("lora_down", "lora_up"))
        | {"lora_unet_blocks_1_ffn_0.alpha": ()},
        {
            "diffusion_model.patch_embedding.diff": (WIDTH, 16, 1, 2, 2),
            "diffusion_model.patch_embedding.diff_b": (WIDTH,),
        },
        # WAN 2.1's layers for pictures are left out, as long as something remains
        pair("blocks.0.cross_attn.k_img", WIDTH, 1280) | pair("blocks.0.cross_attn.k", WIDTH, WIDTH),
        {"diffusion_model.blocks.0.diff_m": (1, 6, WIDTH), **pair("blocks.0.self_attn.q", WIDTH, WIDTH)},
    ],
)
def test_what_was_made_for_this_model_fits(write: Write, a14b: Shapes, shapes: Mapping[str, tuple[int, ...]]) -> None:
    check_fit(write(shapes), a14b)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (
            pair("blocks.0.self_attn.q", 3072, 3072),
            "blocks.0.self_attn.q.lora_A.weight adds [3072, 3072] to blocks.0.attn1.to_q, which is [5120, 5120] "
            "(it is as wide as TI2V-5B)",
        ),
        (
            pair("lora_unet_blocks_0_self_attn_q", 1536, 1536, ("lora_down", "lora_up")),
            "lora_unet_blocks_0_self_attn_q.lora_down.weight adds [1536, 1536] to blocks.0.attn1.to_q, which is "
            "[5120, 5120] (it is as wide as WAN 2.1's 1.3B)",
        ),
        (
            pair("lora_unet_down_blocks_1_attentions_0_proj_in", 640, 640, ("lora_down", "lora_up")),
            "lora_unet_down_blocks_1_attentions_0_proj_in.lora_down.weight and 1 more of its 2 weights belong to no",
        ),
        (
            pair("blocks.0.cross_attn.k_img", WIDTH, 1280),
            "blocks.0.cross_attn.k_img.lora_A.weight and 1 more of its 2 weights belong to no layer",
        ),
        (
            {"diffusion_model.patch_embedding.diff": (WIDTH, 36, 1, 2, 2)},
            "diffusion_model.patch_embedding.diff adds [5120, 36, 1, 2, 2] to patch_embedding, which is "
            "[5120, 16, 1, 2, 2]",
        ),
        (pair("blocks.30.attn1.to_q", WIDTH, WIDTH), "blocks.30.attn1.to_q.lora_A.weight and 1 more"),
        ({"blocks.0.attn1.to_q.lora_A.weight": (RANK, WIDTH)}, "has only half of what it adds to blocks.0.attn1.to_q"),
        (
            {"blocks.0.attn1.to_q.lora_A.weight": (8, WIDTH), "blocks.0.attn1.to_q.lora_B.weight": (WIDTH, 4)},
            "blocks.0.attn1.to_q.lora_A.weight is [8, 5120], and its other half [5120, 4]: two ranks",
        ),
        (
            pair("blocks.0.attn1.norm_q", WIDTH, WIDTH),
            "adds a product of matrices to blocks.0.attn1.norm_q, which is [5120] and takes none",
        ),
        ({"blocks.0.attn1.to_q.diff_b": (1536,)}, "blocks.0.attn1.to_q.diff_b adds [1536] to blocks.0.attn1.to_q"),
    ],
)
def test_one_of_another_model_is_named_with_its_first_key_and_both_shapes(
    write: Write, a14b: Shapes, shapes: Mapping[str, tuple[int, ...]], message: str
) -> None:
    path = write(shapes)
    with pytest.raises(RequestError) as caught:
        check_fit(path, a14b)
    assert str(caught.value).startswith(f"loras: {path} ")
    assert message in str(caught.value)


@pytest.mark.parametrize("variant", list(FAMILIES["tiny"].roles))
def test_the_names_are_those_of_the_model_that_runs(variant: str) -> None:
    pipeline = load_pipeline(variant, checkpoint := Checkpoint.open(FAMILIES["tiny"], variant), device="cpu")
    with pipeline.parts.use("transformer") as expert:
        running = {name: tuple(weight.shape) for name, weight in expert.model.named_parameters()}
    assert transformer_shapes(checkpoint) == running
