"""Which kernel `auto` computes attention with, and that none of them is seen by torch.compile."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from wan.model import exact_attention as module
from wan.model.exact_attention import attend_on_gpu, by_torch, exact_attention, find_flash_3, kernel_for, kernel_in

RESULTS = Path(__file__).parents[3] / "benchmarks" / "results"
HOPPER, AMPERE, BLACKWELL, NONE = (9, 0), (8, 0), (10, 0), (0, 0)
BF16 = torch.bfloat16


@pytest.fixture(autouse=True)
def _look_again() -> Iterator[None]:
    find_flash_3.cache_clear()
    yield
    find_flash_3.cache_clear()


@pytest.mark.parametrize(
    ("capability", "dtype", "head", "tokens", "flash_3", "kernel"),
    [
        (HOPPER, BF16, 128, 75_600, True, "_flash_3"),
        (HOPPER, torch.float16, 64, 3_510, True, "_flash_3"),
        (HOPPER, BF16, 128, 1_560, True, "_native_cudnn"),
        (HOPPER, BF16, 128, 512, True, "_native_cudnn"),
        (HOPPER, BF16, 128, 75_600, False, "_native_cudnn"),
        (HOPPER, BF16, 96, 75_600, True, "_native_cudnn"),
        (HOPPER, BF16, 256, 75_600, True, "sdpa"),
        (HOPPER, BF16, 12, 75_600, True, "sdpa"),
        (HOPPER, torch.float32, 128, 75_600, True, "sdpa"),
        (BLACKWELL, BF16, 128, 75_600, True, "_native_cudnn"),
        (AMPERE, BF16, 128, 75_600, True, "sdpa"),
        (NONE, BF16, 128, 75_600, True, "sdpa"),
    ],
)
def test_the_kernel_goes_by_gpu_type_and_shapes(
    capability: tuple[int, int], dtype: torch.dtype, head: int, tokens: int, flash_3: bool, kernel: str
) -> None:
    assert kernel_for(capability, dtype, head, tokens, flash_3=flash_3) == kernel


def test_the_fewer_of_queries_and_keys_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def seen(capability: Any, dtype: Any, head: int, tokens: int, *, flash_3: bool) -> str:
        asked.append(tokens)
        return "sdpa"

    monkeypatch.setattr(module, "kernel_for", seen)
    attend_on_gpu(*_factors(7, 5))
    attend_on_gpu(*_factors(3, 9))
    assert asked == [5, 3]


def test_where_it_was_measured_to_be_slower_it_is_not_taken() -> None:
    for run in sorted(RESULTS.glob("*.json")):
        rows = [row for row in json.loads(run.read_text())["rows"] if row["what"] == "attention"]
        taken = {(row["shape"], row["kernel"]): row["milliseconds"] for row in rows}
        for row in rows:
            tokens = min(row["queries"], row["keys"])
            chosen = kernel_for(HOPPER, BF16, 128, tokens, flash_3=True)
            assert taken[row["shape"], chosen] <= 1.21 * row["milliseconds"], row
            if tokens > 512:
                assert taken[row["shape"], chosen] <= row["milliseconds"], row


def test_a_processor_computes_with_torchs_own() -> None:
    assert kernel_in("reference", torch.device("cpu")) == "sdpa"


def test_on_a_processor_the_bits_are_those_of_diffusers() -> None:
    from diffusers.models.attention_dispatch import dispatch_attention_fn

    query, key, value = _factors(7, 5)
    wanted = dispatch_attention_fn(query, key, value, backend="native")
    assert torch.equal(exact_attention(query, key, value), wanted)


def test_flash_attention_is_asked_with_tokens_before_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _install(monkeypatch, lambda query, key, value: by_torch(query, key, value).contiguous())
    monkeypatch.setattr(module, "kernel_for", lambda *_, flash_3: "_flash_3" if flash_3 else "sdpa")
    query, key, value = _factors(7, 5)
    found = attend_on_gpu(query, key, value)
    assert asked == [((2, 7, 3, 8), (2, 5, 3, 8))]
    assert torch.equal(found, by_torch(query, key, value))


def test_a_build_that_gives_sums_too_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    _install(monkeypatch, lambda query, key, value: (by_torch(query, key, value).contiguous(), torch.zeros(1)))
    monkeypatch.setattr(module, "kernel_for", lambda *_, flash_3: "_flash_3")
    assert torch.equal(attend_on_gpu(*_factors(7, 5)), by_torch(*_factors(7, 5)))


def test_one_that_cannot_be_loaded_is_warned_of_and_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "flash_attn_interface.py").write_text("raise ImportError('undefined symbol: aoti_torch')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert find_flash_3() is None
    assert "FlashAttention-3 is installed but cannot be loaded: undefined symbol" in caplog.text


def test_where_it_is_not_installed_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    assert find_flash_3() is None
    assert not caplog.records


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compiled_code_calls_it_as_one_operator() -> None:
    def mixed(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return attend_on_gpu(query * 2, key, value).flatten(2, 3)

    compiled = torch.compile(mixed, fullgraph=True, dynamic=False)
    query, key, value = _factors(7, 5)
    assert torch.allclose(compiled(query, key, value), mixed(query, key, value), atol=1e-6)
    torch.library.opcheck(attend_on_gpu, (query, key, value), test_utils=("test_schema", "test_faketensor"))


def _factors(queries: int, keys: int) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    return torch.randn(2, queries, 3, 8), torch.randn(2, keys, 3, 8), torch.randn(2, keys, 3, 8)


def _install(monkeypatch: pytest.MonkeyPatch, function: Any) -> list[Any]:
    asked: list[Any] = []

    def flash_attn_func(query: Tensor, key: Tensor, value: Tensor) -> Any:
        asked.append((tuple(query.shape), tuple(key.shape)))
        return function(query, key, value)

    stub = ModuleType("flash_attn_interface")
    stub.flash_attn_func = flash_attn_func  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "flash_attn_interface", stub)
    return asked
