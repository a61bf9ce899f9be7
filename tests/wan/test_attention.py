"""The table of attention kernels against diffusers' own, and what a machine lacks for one."""

from __future__ import annotations

import pytest

from wan.attention import KERNELS, SDPA, lacking


def test_the_table_names_every_kernel_of_diffusers_and_torchs_own_choice() -> None:
    from diffusers.models.attention_dispatch import AttentionBackendName

    assert set(KERNELS) == {SDPA, *(name.value for name in AttentionBackendName)}


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
