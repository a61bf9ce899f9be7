"""How many workers there is room for, and what is said when there is none."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from flows.cluster.room import Node, WorkerSize, check_eight_bits, size_workers
from flows.errors import EnvironmentProblem
from flows.settings import ClusterSettings

LAPTOP = (Node(2, 0),)
GPUS = (Node(16, 1), Node(64, 4))


@pytest.fixture
def sized(cluster_settings: ClusterSettings) -> Any:
    def size(nodes: tuple[Node, ...], device: str = "auto", most: int | None = None, **changes: Any) -> WorkerSize:
        return size_workers(replace(cluster_settings, **changes), device, nodes, most)

    return size


def test_as_many_as_fit(sized: Any) -> None:
    assert sized(LAPTOP) == WorkerSize(2, 1.0, 0.0)
    assert sized(LAPTOP, cpus_per_worker=2.0).threads == 2


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ((Node(64, 0),), "has no GPU"),
        ((Node(64, 8, frozenset({"A100"})), Node(8, 1, frozenset({"T4"}))), "has A100, T4"),
    ],
)
def test_a_cluster_without_a_gpu_for_eight_bits_is_said_before_a_model_is_loaded(
    nodes: tuple[Node, ...], told: str
) -> None:
    with pytest.raises(EnvironmentProblem, match=f"precision=fp8 takes .* the cluster {told}\n.*fp8_storage"):
        check_eight_bits(nodes)


def test_a_gpu_that_may_have_eight_bits_is_tried(sized: Any) -> None:
    check_eight_bits((Node(64, 8, frozenset({"A100"})), Node(64, 8, frozenset({"H100"}))))
    check_eight_bits((Node(64, 8),))


def test_no_more_than_asked_for_nor_than_have_work(sized: Any) -> None:
    assert sized(GPUS, max_workers=3).workers == 3
    assert sized(LAPTOP, max_workers=9).workers == 2
    assert sized(GPUS, most=1).workers == 1


def test_auto_takes_a_gpu_where_there_is_one_and_cpu_never(sized: Any) -> None:
    assert sized(GPUS) == WorkerSize(5, 1.0, 1.0)
    assert sized(GPUS, device="cpu").gpus == 0


def test_a_cluster_that_grows_has_room_for_as_many_as_are_asked_for(sized: Any) -> None:
    nothing = (Node(4, 0),)
    assert sized(nothing, gpus_per_worker=1.0, autoscaling=True, most=5) == WorkerSize(5, 1.0, 1.0)
    assert sized(nothing, gpus_per_worker=1.0, autoscaling=True, max_workers=3, most=5).workers == 3


def test_what_is_waited_for_says_what_there_is(sized: Any) -> None:
    told = sized(GPUS, gpus_per_worker=1.0, cpus_per_worker=8.0).waiting(0.0, {"CPU": 17.0}, GPUS)
    assert re.fullmatch(
        r"waiting for room in the cluster since \d\d:\d\d:\d\d: a worker needs 1 GPU and 8 CPUs; "
        r"free now: 0 of 5 GPUs, 17 of 80 CPUs",
        told,
    )


def test_a_gang_has_all_its_gpus_on_one_machine(sized: Any) -> None:
    assert sized(GPUS, gpus_per_worker=2.0) == WorkerSize(2, 1.0, 1.0, 2)
    assert sized(GPUS, gang=4) == WorkerSize(1, 1.0, 1.0, 4)
    assert sized(LAPTOP, gang=2) == WorkerSize(1, 1.0, 0.0, 2)
    told = sized(GPUS, gpus_per_worker=2.0).waiting(0.0, {"GPU": 1.0}, GPUS)
    assert "a worker needs 2 GPUs and 2 CPUs of one machine; free now: 1 of 5 GPUs" in told
    with pytest.raises(EnvironmentProblem, match=r"needs 5 GPUs of one machine, the cluster's largest has 4 GPUs"):
        sized(GPUS, gpus_per_worker=5.0)
    with pytest.raises(EnvironmentProblem, match=r"a worker needs 3 CPUs, .*\n .*or cluster\.gang: each"):
        sized(LAPTOP, gang=3)


def test_a_gpu_where_there_is_none(sized: Any) -> None:
    with pytest.raises(EnvironmentProblem, match="unschedulable: a worker needs 1 GPU, the cluster has 0 GPUs"):
        sized(LAPTOP, device="cuda")


def test_more_processors_than_there_are(sized: Any) -> None:
    with pytest.raises(EnvironmentProblem, match=r"a worker needs 8 CPUs, the cluster's largest machine has 2 CPUs"):
        sized(LAPTOP, cpus_per_worker=8.0)
