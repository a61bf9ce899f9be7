"""What is asked of workers of this machine, and it has not, is said before one is started."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flows.config import compose
from flows.resolve import machine
from flows.resolve.machine import machine_faults
from wan.families import FAMILIES
from wan.system.gpus import Gpu

HOPPER, AMPERE = Gpu((9, 0)), Gpu((8, 0))


def faults(monkeypatch: pytest.MonkeyPatch, gpus: tuple[Gpu, ...] | None, *overrides: str, **family: Any) -> list[str]:
    monkeypatch.setattr(machine, "find_gpus", lambda: gpus)
    return list(machine_faults(compose(overrides).settings, replace(FAMILIES["tiny"], **family)))


@pytest.mark.parametrize(
    ("gpus", "overrides", "start"),
    [
        ((), ["render.precision=fp8"], "render.precision=fp8 multiplies in eight bits"),
        ((AMPERE,), ["render.precision=fp8"], "render.precision=fp8 multiplies in eight bits"),
        ((HOPPER,), ["render.precision=fp8", "render.device=cpu"], "render.precision=fp8 multiplies in eight bits"),
        ((), ["cluster.gpus_per_worker=1"], "cluster.gpus_per_worker=1: this machine has no GPUs"),
        ((), ["render.device=cuda"], "render.device=cuda: this machine has no GPU"),
        ((), ["profile=gpu"], "render.device=cuda: this machine has no GPU"),
        ((), ["render.attention=_native_cudnn"], "render.attention=_native_cudnn needs a GPU"),
        ((HOPPER,), ["render.attention=xformers"], "render.attention=xformers needs the package xformers"),
        (None, ["render.attention=xformers"], "render.attention=xformers needs the package xformers"),
        ((HOPPER,), ["cluster.cpus_per_worker=1000"], "cluster.cpus_per_worker=1000: this machine has "),
        ((HOPPER,), ["cluster.gpus_per_worker=2", "cluster.cpus_per_worker=0.1"], "2 GPUs render each clip together"),
        (
            (HOPPER,),
            ["cluster.gang=2", "render.device=cuda", "cluster.cpus_per_worker=0.1"],
            "2 GPUs render each clip together",
        ),
        ((HOPPER,), ["cluster.gang=2", "cluster.cpus_per_worker=0.1"], "2 GPUs render each clip together"),
        ((), ["cluster.gang=50", "cluster.cpus_per_worker=1000"], "50 processes that render each clip together take"),
    ],
)
def test_what_this_machine_has_not(
    monkeypatch: pytest.MonkeyPatch, gpus: tuple[Gpu, ...] | None, overrides: list[str], start: str
) -> None:
    (fault,) = faults(monkeypatch, gpus, *overrides)
    assert fault.startswith(start)
    assert "\n    " in fault, "every fault says what to do"


@pytest.mark.parametrize(
    ("gpus", "overrides"),
    [
        ((HOPPER,), ["render.precision=fp8"]),
        ((AMPERE, HOPPER), ["render.precision=fp8", "cluster.gpus_per_worker=1"]),
        ((HOPPER,), ["cluster.gpus_per_worker=0.5", "render.attention=_native_cudnn"]),
        ((), ["render.precision=fp8_storage", "render.attention=native"]),
        ((HOPPER, HOPPER), ["cluster.gpus_per_worker=2", "cluster.cpus_per_worker=0.1"]),
        ((), ["cluster.gang=2", "cluster.cpus_per_worker=0.1"]),
        ((HOPPER,), ["cluster.gang=2", "render.device=cpu", "cluster.cpus_per_worker=0.1"]),
        (None, ["render.precision=fp8", "render.device=cuda", "cluster.gpus_per_worker=1"]),
    ],
)
def test_what_it_has_or_cannot_be_told_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, gpus: tuple[Gpu, ...] | None, overrides: list[str]
) -> None:
    assert faults(monkeypatch, gpus, *overrides) == []


def test_a_familys_own_precision_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(faults(monkeypatch, (), precision="fp8")) == 1


def test_a_cluster_that_is_joined_is_not_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(monkeypatch, (), "cluster=ray", "render.precision=fp8", "render.device=cuda") == []


def test_nobody_looks_for_gpus_that_nothing_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "find_gpus", lambda: pytest.fail("looked"))
    assert machine_faults(compose([]).settings, FAMILIES["tiny"]) == ()
