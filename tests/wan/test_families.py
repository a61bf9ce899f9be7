"""A family fills variants: the published ones as their folders say, the shipped one in one size and length."""

from __future__ import annotations

import pytest

from wan.families import FAMILIES, TINY_CHECKPOINTS
from wan.frames.geometry import allowed_lengths
from wan.variants import VARIANTS

ROLES = [(family, name) for family in FAMILIES for name in FAMILIES[family].roles]


@pytest.mark.parametrize(("family", "name"), ROLES)
def test_a_role_is_one_that_its_variant_can_play(family: str, name: str) -> None:
    role, variant = FAMILIES[family].roles[name], VARIANTS[name]
    assert role.variant == name
    if role.sampling is not None:
        assert (role.sampling.boundary_ratio is None) == (variant.experts == 1)
    for following, lengths in ((False, role.lengths), (True, role.following_lengths)):
        assert all(length in allowed_lengths(variant, None, length, following=following) for length in lengths)
    if role.size is not None:
        assert all(side % 16 == 0 for side in role.size)


@pytest.mark.parametrize("name", VARIANTS)
def test_published_checkpoints_are_those_of_the_catalog(name: str) -> None:
    role, published = FAMILIES["wan22"].roles[name], VARIANTS[name].checkpoint
    assert published is not None
    assert (role.repo, role.folder) == (published.huggingface, published.huggingface.partition("/")[2])


def test_the_reference_renders_speech_and_figures_in_one_length() -> None:
    roles = FAMILIES["wan22"].roles
    assert (roles["s2v-14b"].lengths, roles["s2v-14b"].following_lengths) == ((77,), (80,))
    assert roles["animate-14b"].lengths == (77,)
    assert roles["t2v-a14b"].lengths == ()


def test_lightning_takes_four_steps_without_guidance_and_changes_experts_where_the_reference_does() -> None:
    for name, role in FAMILIES["wan22-lightning"].roles.items():
        sampling = role.sampling
        assert sampling is not None
        assert (sampling.num_inference_steps, sampling.guidance_scale.high, sampling.guidance_scale.low) == (4, 1, 1)
        assert sampling.boundary_ratio == VARIANTS[name].sampling.boundary_ratio
        assert {lora.model for lora in role.loras} <= {model.name for model in VARIANTS[name].published}


def test_the_shipped_family_is_there() -> None:
    tiny = FAMILIES["tiny"]
    folders = {place for role in tiny.roles.values() for place in (role.folder, *role.shared.values())}
    assert all((TINY_CHECKPOINTS / folder).is_dir() for folder in folders)
