"""The doctor on programs, GPUs and memory, folders and addresses."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tests.flows.cli.doctors import found
from wan.families import FAMILIES

needs_no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")

pytestmark = pytest.mark.usefixtures("home")


@needs_no_gpu
def test_without_a_gpu_it_says_what_can_be_rendered_all_the_same() -> None:
    gpu = found()["gpu"]
    assert gpu.state == "good"
    assert gpu.found == f"none; tiny renders on the processor: {', '.join(FAMILIES['tiny'].roles)}"
    gpu = found("model=wan22")["gpu"]
    assert (gpu.state, "model=tiny renders here" in (gpu.fix or "")) == ("note", True)
    gpu = found("render.device=cuda")["gpu"]
    assert (gpu.state, gpu.fix) == ("bad", "render.device=auto, or torch for CUDA")


@pytest.mark.parametrize(
    ("capability", "types"),
    [((9, 0), "bf16 yes, fp8 yes"), ((8, 0), "bf16 yes, fp8 no"), ((7, 5), "bf16 no, fp8 no")],
)
def test_types_a_gpu_computes_with_are_named(gpu: SimpleNamespace, capability: tuple[int, int], types: str) -> None:
    gpu.major, gpu.minor = capability
    assert found()["gpu 0"].found == f"NVIDIA H200, 150 GB, {types}"


@pytest.mark.parametrize(("gigabytes", "placement"), [(150, "resident"), (80, "expert_swap"), (25, "offload")])
def test_every_variant_has_the_placement_that_fits(gpu: SimpleNamespace, gigabytes: int, placement: str) -> None:
    gpu.total_memory = gigabytes * 10**9
    findings = found("model=wan22")
    assert findings["t2v-a14b 1280x720"].found == f"{placement}, {FAMILIES['wan22'].precision}"
    assert len([name for name in findings if name.startswith("s2v-14b ")]) == 2
    assert found("model=wan22", "render.precision=fp8_storage")["t2v-a14b 1280x720"].found.endswith(", fp8_storage")


def test_a_gang_needs_a_gpu_for_each_process_or_a_cpu(gpu: SimpleNamespace) -> None:
    assert "gang" not in found()
    lacks = found("cluster.gpus_per_worker=2")["gang"]
    assert (lacks.state, lacks.fix) == ("bad", "cluster.gpus_per_worker=1, or a cluster with larger machines")
    assert lacks.found == "2 processes render each clip together, each on a GPU of its own: this machine has room for 1"
    on_cpus = found("cluster.gang=2", "cluster.cpus_per_worker=0.1", "render.device=cpu")["gang"]
    assert (on_cpus.state, "each on a CPU of its own" in on_cpus.found) == ("good", True)


def test_workers_that_share_a_gpu_have_their_part_of_it_and_of_the_host(gpu: SimpleNamespace) -> None:
    """Two of them have 75 GB and 64 GB: too little of the host to swap experts with."""
    shared = ("model=wan22", "cluster.gpus_per_worker=0.5")
    assert found(*shared)["t2v-a14b 1280x720"].found.startswith("low_vram")
    assert found(*shared, "cluster.max_workers=1")["t2v-a14b 1280x720"].found.startswith("expert_swap")


@pytest.mark.parametrize(
    ("clip", "gigabytes", "numerics", "without", "placement"),
    [
        ("t2v-a14b 1280x720", 46, "render.compile=true", "offload", "expert_swap"),
        ("ti2v-5b 1280x704", 12, "render.vae_tiling=true", "does not fit", "offload"),
    ],
)
def test_what_saves_memory_is_counted_as_a_render_counts_it(
    gpu: SimpleNamespace, clip: str, gigabytes: int, numerics: str, without: str, placement: str
) -> None:
    gpu.total_memory = gigabytes * 10**9
    assert found("model=wan22")[clip].found.startswith(without)
    assert found("model=wan22", numerics)[clip].found.startswith(placement)


def test_what_does_not_fit_says_what_would(gpu: SimpleNamespace) -> None:
    gpu.total_memory = 6 * 10**9
    finding = found("model=wan22")["t2v-a14b 1280x720"]
    assert finding.state == "note"
    assert finding.fix == "a smaller size, render.vae_tiling=true, or render.precision=fp8_storage"
    finding = found("model=wan22", "render.vae_tiling=true")["t2v-a14b 1280x720"]
    assert finding.fix == "a smaller size, or render.precision=fp8_storage"


def test_a_folder_that_is_a_link_to_nowhere_is_named(home: Path) -> None:
    (home / "disk").symlink_to(home / "gone")
    findings = found(f"film.outputs={home / 'disk'}", f"store.address={home / 'disk/store'}")
    for name, key in (("outputs", "film.outputs"), ("store", "store.address")):
        assert findings[name].state == "bad"
        assert findings[name].found == f"{home / 'disk'} is a link to {home / 'gone'}, which is not there"
        assert (findings[name].fix or "").endswith(f"{key}=FOLDER")


def test_a_cluster_is_asked_whether_it_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert found(f"cluster.address=127.0.0.1:{port}")["ray"].found == f"127.0.0.1:{port} answers"
    gone = found(f"cluster.address=127.0.0.1:{port}")["ray"]
    assert (gone.state, f"ray start --head --port {port}" in (gone.fix or "")) == ("bad", True)


def test_a_prefect_server_that_is_named_has_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found()["prefect"].state == "good"
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    gone = found()["prefect"]
    assert (gone.state, "unset PREFECT_API_URL" in (gone.fix or "")) == ("bad", True)


def test_prefects_database_is_looked_at_and_costs_no_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "data/wanflow/prefect").mkdir(parents=True)
    (tmp_path / "data/wanflow/prefect/prefect.db").write_bytes(b"no database" * 1000)
    finding = found()["prefect"]
    assert (finding.state, "prefect.db is damaged" in finding.found) == ("note", True)
    assert "move it away" in (finding.fix or "")


@pytest.mark.parametrize("place", ["host:abc", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_bad_and_nothing_breaks(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"http://{place}/api")
    findings = found("cluster=ray", f"cluster.address={place}")
    for name in ("ray", "prefect"):
        assert (findings[name].state, "is not an address" in findings[name].found) == ("bad", True)
        assert "HOST:PORT" in (findings[name].fix or "")


def test_a_host_that_no_name_can_be_does_not_answer() -> None:
    finding = found("cluster=ray", "cluster.address=a..b:6379")["ray"]
    assert (finding.state, finding.found.startswith("nothing answers at a..b:6379")) == ("bad", True)


def test_a_folder_that_cannot_be_written_is_bad(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finding = found(f"store.address={tmp_path / 'file' / 'store'}")["store"]
    assert (finding.state, finding.fix) == ("bad", "store.address=FOLDER names another place")


@pytest.mark.parametrize(
    ("installed", "overrides", "state", "says"),
    [
        (False, (), "note", "_native_cudnn; FlashAttention-3 is not installed"),
        (True, (), "good", "_flash_3"),
        (False, ("render.attention=sdpa",), "good", "sdpa"),
        (False, ("render.precision=fp32",), "good", "sdpa"),
    ],
)
def test_the_attention_kernel_is_named_and_a_quicker_one(
    gpu: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    installed: bool,
    overrides: tuple[str, ...],
    state: str,
    says: str,
) -> None:
    monkeypatch.setattr("wan.model.exact_attention.find_flash_3", lambda: print if installed else None)
    attention = found("model=wan22", *overrides)["attention"]
    assert (attention.state, attention.found) == (state, says)
    if state == "note":
        assert "wanflow[hopper]" in (attention.fix or "")
