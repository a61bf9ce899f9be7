"""The defaults are the reference's, and the page on variants says what they are."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
import torch

from wan.families import FAMILIES
from wan.request import Guidance
from wan.variants import VARIANTS
from wan.variants.named import named
from wan.variants.s2v.frame_packer import FramePacker
from wan.variants.variant import REFERENCE_NEGATIVE_PROMPT

PAGE = (Path(__file__).parents[3] / "docs" / "variants.md").read_text(encoding="utf-8")

REFERENCE = {
    # size, frames, fps, steps, shift, (high, low), boundary
    "t2v-a14b": ((1280, 720), 81, 16, 40, 12.0, (4.0, 3.0), 0.875),
    "i2v-a14b": ((1280, 720), 81, 16, 40, 5.0, (3.5, 3.5), 0.900),
    "ti2v-5b": ((1280, 704), 121, 24, 50, 5.0, (5.0, 5.0), None),
    "s2v-14b": ((1024, 704), 77, 16, 40, 3.0, (4.5, 4.5), None),
    "animate-14b": ((1280, 720), 77, 30, 20, 5.0, (1.0, 1.0), None),
}


@pytest.mark.parametrize("name", REFERENCE)
def test_the_defaults_are_the_references(name: str) -> None:
    variant = VARIANTS[name]
    size, frames, fps, steps, shift, guidance, boundary = REFERENCE[name]
    sampling = variant.sampling
    assert (variant.size, variant.num_frames, variant.fps) == (size, frames, fps)
    assert (sampling.num_inference_steps, sampling.flow_shift, sampling.boundary_ratio) == (steps, shift, boundary)
    assert sampling.guidance_scale == Guidance(*guidance)
    assert sampling.solver == "unipc"


PROMPTS = {
    "t2v-a14b": "ce96e0324e4b54ce4b6e867f669ca520952e1a34cc116543516b1897f0d3c47e",
    "s2v-14b": "98afffdba82fbb1f87767b2e0d022cb2e4960f400d98c617f9b82bc707d09218",
}
"""sha256 of `sample_neg_prompt` in shared_config.py and wan_s2v_14B.py of Wan-Video/Wan2.2."""


@pytest.mark.parametrize("name", PROMPTS)
def test_the_negative_prompts_are_the_references_to_the_letter(name: str) -> None:
    assert hashlib.sha256(VARIANTS[name].negative_prompt.encode()).hexdigest() == PROMPTS[name]


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "tiny"])
def test_published_families_are_as_precise_as_the_reference(family: str) -> None:
    assert FAMILIES[family].precision == "reference"


def test_only_speech_has_a_negative_prompt_of_its_own() -> None:
    own = {name for name, variant in VARIANTS.items() if variant.negative_prompt != REFERENCE_NEGATIVE_PROMPT}
    assert own == {"s2v-14b"}


@pytest.mark.parametrize("name", VARIANTS)
def test_what_a_variant_names_is_there(name: str) -> None:
    variant = VARIANTS[name]
    kinds = [kind for kind in variant.components.values() if kind.weights]
    places = [variant.method, variant.conversion, variant.reference_key]
    places += [place for kind in kinds for place in (kind.keys, kind.runs_as, f"{kind.library}:{kind.class_name}")]
    assert all(named(place) for place in places if place)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_lies_in_the_folder_that_its_name_begins_with(name: str) -> None:
    variant = VARIANTS[name]
    assert named(f"wan.variants.{variant.folder}.facts:VARIANT") is variant
    assert variant.method.startswith(f"wan.variants.{variant.folder}.")


def test_every_variant_is_published_and_offered_by_a_family() -> None:
    assert all(variant.checkpoint for variant in VARIANTS.values())
    assert set(FAMILIES["wan22"].roles) == set(VARIANTS)


@pytest.mark.parametrize("name", VARIANTS)
def test_there_are_as_many_files_for_comfyui_as_experts(name: str) -> None:
    assert len(VARIANTS[name].comfyui_files) == VARIANTS[name].experts


@pytest.mark.parametrize(
    ("name", "clip", "follows", "frames"),
    [
        ("t2v-a14b", (1280, 720, 81), True, 21),
        ("s2v-14b", (1024, 704, 77), False, 20 + 1),
        ("s2v-14b", (1024, 704, 80), True, 20 + 1 + 1.5),
        ("animate-14b", (1280, 720, 77), True, 20 + 1),
    ],
)
def test_tokens_are_those_of_the_clip_and_of_what_is_shown_beside_it(
    name: str, clip: tuple[int, int, int], follows: bool, frames: float
) -> None:
    width, height, _ = clip
    assert VARIANTS[name].tokens(*clip, follows=follows) == frames * (width // 16) * (height // 16)
    assert VARIANTS[name].tokens(*clip, follows=follows, pixels=32) == frames * (width / 32) * (height / 32)


def test_what_speech_went_on_from_is_packed_as_is_counted() -> None:
    packed = FramePacker(channels=1, dim=1)(torch.zeros(1, 1, 19, 8, 8)).shape[1]
    a_frame = (8 // 2) * (8 // 2)
    assert packed == VARIANTS["s2v-14b"].transformer.more_following_frames * a_frame


def test_the_large_autoencoders_tokens_are_four_times_as_large() -> None:
    assert VARIANTS["ti2v-5b"].tokens(1280, 704, 121) == 31 * 40 * 22


def test_the_page_gives_the_defaults_of_the_table() -> None:
    table = PAGE.partition("## Defaults")[2].partition("The solver")[0]
    rows = {cells[0]: cells[1:] for line in table.splitlines() if (cells := _cells(line)) and cells[0] in VARIANTS}
    assert set(rows) == set(VARIANTS)
    for name, (size, frames, *rest) in rows.items():
        variant, sampling = VARIANTS[name], VARIANTS[name].sampling
        guidance, boundary = sampling.guidance_scale, sampling.boundary_ratio
        lengths = [length for length in (variant.num_frames, variant.following_frames) if length]
        assert size == f"{variant.size[0]}×{variant.size[1]}"
        assert [int(number) for number in re.findall(r"\d+", frames)] == lengths
        assert rest == [
            f"{variant.fps:g}",
            str(sampling.num_inference_steps),
            f"{sampling.flow_shift:g}",
            f"{guidance.high:g}, {guidance.low:g}",
            "–" if boundary is None else f"{boundary:g}",
            str(variant.size_multiple),
        ]


def _cells(line: str) -> list[str]:
    return [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
