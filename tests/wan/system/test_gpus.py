"""The machine's GPUs as torch would see them, found without it."""

from __future__ import annotations

import pytest

from wan.system.gpus import Gpu, find_gpus, visible

A, B, C = Gpu((8, 0)), Gpu((9, 0)), Gpu((10, 0))


@pytest.mark.parametrize(
    ("named", "seen"),
    [
        (None, (A, B, C)),
        ("", ()),
        ("-1", ()),
        ("2,0", (C, A)),
        ("1, 7, 0", (B,)),
        ("GPU-8932f937", (A,)),
        ("MIG-1,MIG-2", (A, A)),
    ],
)
def test_cuda_visible_devices_counts(named: str | None, seen: tuple[Gpu, ...]) -> None:
    assert visible((A, B, C), named) == seen


def test_what_is_found_is_what_torch_finds() -> None:
    torch = pytest.importorskip("torch")
    found = find_gpus()
    assert found is not None
    assert len(found) == torch.cuda.device_count()
    assert [gpu.capability for gpu in found] == [torch.cuda.get_device_capability(i) for i in range(len(found))]
