"""`wanflow doctor` says what of the released models fits this machine."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from flows.cli.doctor import examine
from flows.config import compose


def _memory(overrides: list[str]) -> str:
    (found,) = (each for each in examine(compose(overrides).settings) if each.name == "memory")
    assert found.fix is None
    return found.found


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_it_says_so() -> None:
    assert _memory([]).startswith("no GPU, ")


@pytest.mark.parametrize(("gigabytes", "placement"), [(150, "resident"), (80, "expert_swap"), (25, "offload")])
def test_every_variant_has_the_placement_that_fits(
    monkeypatch: pytest.MonkeyPatch, gigabytes: int, placement: str
) -> None:
    """The sizes of a GPU that is not here."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda device: SimpleNamespace(total_memory=gigabytes * 10**9)
    )
    monkeypatch.setattr("flows.cluster.placement.host_bytes", lambda: 128 * 10**9)
    lines = _memory(["render.precision=bf16"]).splitlines()
    assert lines[0].startswith(f"{gigabytes} GB on the GPU, 128 GB on the host")
    assert f"    t2v-a14b 1280x720: {placement}" in lines
    assert len([line for line in lines if "s2v-14b" in line]) == 2
