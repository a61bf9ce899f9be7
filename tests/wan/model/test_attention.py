"""The table of attention kernels against diffusers' own, and what a machine lacks for one."""

from __future__ import annotations

import pytest

from wan.model.attention import AUTO, KERNELS, SDPA, computed, lacking


def test_the_table_names_every_kernel_of_diffusers_torchs_own_choice_and_ours() -> None:
    from diffusers.models.attention_dispatch import AttentionBackendName

    assert set(KERNELS) == {AUTO, SDPA, *(name.value for name in AttentionBackendName)}


def test_the_table_names_the_packages_that_diffusers_asks_for() -> None:
    from diffusers.models.attention_dispatch import AttentionBackendName, _check_attention_backend_requirements

    for name in AttentionBackendName:
        try:
            _check_attention_backend_requirements(name)
        except RuntimeError:
            assert lacking(name.value, gpu=True), name
        else:
            assert lacking(name.value, gpu=True) is None, name


@pytest.mark.parametrize(
    ("name", "lacks"),
    [
        ("auto", None),
        ("sdpa", None),
        ("_native_math", None),
        ("_native_cudnn", "a GPU"),
        ("sage", "a GPU"),
        ("_native_npu", "the package torch_npu"),
    ],
)
def test_what_a_machine_without_gpu_lacks(name: str, lacks: str | None) -> None:
    assert lacking(name, gpu=False) == lacks


def test_a_package_that_is_missing_is_named() -> None:
    assert lacking("xformers", gpu=True) == "the package xformers>=0.0.29"


@pytest.mark.parametrize(
    ("name", "what"),
    [("auto", "sdpa"), ("sdpa", "sdpa"), ("_native_cudnn", "sdpa"), ("_flash_3", "sdpa"), ("sage", "sage"), ("x", "x")],
)
def test_exact_kernels_compute_one_thing_and_eight_bits_another(name: str, what: str) -> None:
    assert computed(name) == what
