"""Whose fault a failure is."""

from __future__ import annotations

import errno
import os

import pytest
import ray.exceptions

from flows.cluster.failures import (
    RAY_FAULTS,
    Blame,
    Fault,
    MemberFault,
    NodeFault,
    RayFault,
    blame_of,
    fault_of,
    ray_fault,
)
from flows.errors import BlobCorrupt, BlobMissing, EnvironmentProblem, MediaError, SettingsError, StoreError
from wan.errors import CheckpointError, GangError, NumbersError, RequestError, StateError


@pytest.mark.parametrize(
    ("error", "blame"),
    [
        (RequestError("size: 17x17"), Blame.CLIP),
        (StateError("of another pipeline"), Blame.CLIP),
        (MediaError("no picture"), Blame.CLIP),
        (BlobMissing("gone"), Blame.CLIP),
        (NumbersError("NaN", "lora"), Blame.CLIP),
        (NumbersError("NaN", "weights"), Blame.NODE),
        (NumbersError("NaN"), Blame.LIKELY_CLIP),
        (CheckpointError("another revision"), Blame.NODE),
        (SettingsError("no such family"), Blame.NODE),
        (EnvironmentProblem("no space left"), Blame.NODE),
        (NodeFault("another store"), Blame.NODE),
        (ModuleNotFoundError("No module named 'diffusers'"), Blame.NODE),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/x"), Blame.NODE),
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/models/x"), Blame.NODE),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/models/x"), Blame.NODE),
        (RuntimeError("No CUDA GPUs are available"), Blame.NODE),
        (AssertionError("Torch not compiled with CUDA enabled"), Blame.NODE),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), Blame.UNKNOWN),
        (OSError(errno.EIO, os.strerror(errno.EIO)), Blame.UNKNOWN),
        (BlobCorrupt("damaged"), Blame.UNKNOWN),
        (StoreError("stale file handle"), Blame.UNKNOWN),
        (MemoryError(), Blame.UNKNOWN),
    ],
)
def test_what_is_the_clips_fault_and_what_the_machines(error: BaseException, blame: Blame) -> None:
    assert blame_of(error) is blame


def test_weights_bar_a_machine_from_their_variant_and_all_else_from_everything() -> None:
    assert not fault_of("a", CheckpointError("another revision")).every_variant
    assert fault_of("a", ImportError("No module named 'diffusers'")).every_variant


def test_after_a_cuda_error_the_process_is_in_doubt() -> None:
    assert fault_of("a", RuntimeError("CUDA error: misaligned address")).spoilt
    assert not fault_of("a", RuntimeError("out of memory, say")).spoilt


def test_a_gang_that_lost_a_member_is_lost_as_a_worker_is() -> None:
    lost = fault_of("a", GangError("rank 1 of the gang was lost: its process ended"))
    assert (lost.blame, lost.lost, lost.spoilt) == (Blame.UNKNOWN, True, True)


def test_what_a_member_could_not_do_is_blamed_as_if_it_were_done_here() -> None:
    theirs = fault_of("", CheckpointError("another revision"))
    assert fault_of("a", MemberFault(2, theirs)) == Fault("a", "rank 2 of the gang: another revision", Blame.NODE)


def test_a_fault_of_the_machine_says_what_to_do_there() -> None:
    assert fault_of("a", ImportError("No module named 'x'")).message == (
        "ImportError: No module named 'x'; install there what is installed here"
    )
    full = fault_of("a", OSError(errno.ENOSPC, "No space left on device", "/tmp/x")).message
    assert full.endswith("'/tmp/x'; free some room there")
    assert "mount there what is mounted here" in fault_of("a", FileNotFoundError(errno.ENOENT, "x", "/y")).message


def _errors_of_ray() -> list[type[BaseException]]:
    return [
        kind
        for kind in vars(ray.exceptions).values()
        if isinstance(kind, type) and issubclass(kind, BaseException) and kind.__module__.startswith("ray.")
    ]


def test_every_error_of_ray_is_known() -> None:
    named = [name for names in RAY_FAULTS.values() for name in names]
    assert sorted(named) == sorted(kind.__name__ for kind in _errors_of_ray())
    assert len(named) == len(set(named))


def test_every_error_of_ray_is_caught_as_one() -> None:
    assert all(issubclass(kind, ray.exceptions.RayError) for kind in _errors_of_ray())


def test_an_error_of_a_worker_that_ray_passes_on_is_a_loss() -> None:
    passed_on = ray.exceptions.RayTaskError("render", "Traceback", ValueError("x")).as_instanceof_cause()
    assert isinstance(passed_on, ValueError)
    assert ray_fault(passed_on) is RayFault.LOST
    assert ray_fault(ray.exceptions.TaskCancelledError()) is RayFault.ASKED
