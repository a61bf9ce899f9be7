"""`wanflow doctor` says what this machine can do, what is missing, and how to get it: one line each."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from flows.cli.doctor import examine
from flows.cli.doctor_page import Finding, print_page, summary
from flows.config import compose
from tests.flows.cli.conftest import Wanflow
from tests.wan.prompts.endpoint import Endpoint, closed_port, serving
from wan.families import FAMILIES
from wan.weights.places import MANIFEST


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No models, no cache, a store that can be written."""
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    return tmp_path


def found(*overrides: str) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(compose(list(overrides)).settings)}


needs_no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


@needs_no_gpu
def test_without_a_gpu_it_says_what_can_be_rendered_all_the_same() -> None:
    gpu = found()["gpu"]
    assert gpu.state == "good"
    assert gpu.found == f"none; tiny renders on the processor: {', '.join(FAMILIES['tiny'].roles)}"
    gpu = found("model=wan22")["gpu"]
    assert (gpu.state, "model=tiny renders here" in (gpu.fix or "")) == ("note", True)
    gpu = found("render.device=cuda")["gpu"]
    assert (gpu.state, gpu.fix) == ("bad", "render.device=auto, or torch for CUDA")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A GPU that is not here."""
    card = SimpleNamespace(name="NVIDIA H200", total_memory=150 * 10**9, major=9, minor=0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: card)
    monkeypatch.setattr("flows.cluster.placement.memory_bytes", lambda: 128 * 10**9)
    return card


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


def test_workers_that_share_a_gpu_have_their_part_of_it_and_of_the_host(gpu: SimpleNamespace) -> None:
    """Two of them have 75 GB and 64 GB: too little of the host to swap experts with."""
    shared = ("model=wan22", "cluster.gpus_per_worker=0.5")
    assert found(*shared)["t2v-a14b 1280x720"].found.startswith("low_vram")
    assert found(*shared, "cluster.workers=1")["t2v-a14b 1280x720"].found.startswith("expert_swap")


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


def test_every_missing_model_is_named_with_the_way_to_get_it(home: Path) -> None:
    findings = found("model=wan22")
    for variant in FAMILIES["wan22"].roles:
        assert findings[variant].state == "note"
        assert (findings[variant].fix or "").startswith(f"wanflow models pull {variant} (")
    assert "motion.video" in findings["animate-pose"].found
    assert {findings[name].state for name in ("animate-pose", "sam2-hiera-large", "animate-relighting")} == {"note"}
    assert findings["wan22"].state == "bad"
    assert f"neither in {home / 'models'} nor in the Hugging Face cache" in findings["wan22"].found
    assert "wanflow plan" in (findings["wan22"].fix or "")


def test_detectors_that_are_pulled_are_said(home: Path) -> None:
    (home / "models" / "animate-pose").mkdir(parents=True)
    (home / "models" / "animate-pose" / MANIFEST).write_text("{}")
    findings = found("model=wan22")
    assert (findings["animate-pose"].state, findings["sam2-hiera-large"].state) == ("good", "note")
    assert "animate-pose" not in found()  # tiny's driving videos are ready-made


def test_a_family_without_some_of_its_models_is_a_remark(tmp_path: Path) -> None:
    """Films that do not use them are rendered."""
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "t2v-a14b").symlink_to(_whole_t2v(tmp_path))
    findings = found("model=wan22", f"model.root={tmp_path / 'weights'}")
    assert {name: findings[name].state for name in ("t2v-a14b", "i2v-a14b")} == {"t2v-a14b": "good", "i2v-a14b": "note"}
    assert f"--root {tmp_path / 'weights'}" in (findings["i2v-a14b"].fix or "")


def _whole_t2v(tmp_path: Path) -> Path:
    """The shipped checkpoint with what it shares in its own folder."""
    tiny, role = FAMILIES["tiny"].root, FAMILIES["tiny"].roles["t2v-a14b"]
    assert tiny is not None
    folder = tmp_path / "t2v"
    folder.mkdir()
    for part in (tiny / role.folder).iterdir():
        (folder / part.name).symlink_to(part)
    for name, place in role.shared.items():
        (folder / name).symlink_to(tiny / place)
    return folder


def test_loras_of_a_family_are_looked_for(home: Path) -> None:
    assert found("model=wan22-lightning")["lightning-t2v"].state == "bad"
    for name in ("high", "low"):
        file = home / "loras" / "lightning-t2v" / f"{name}_noise_model.safetensors"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    findings = found("model=wan22-lightning", f"model.loras={home / 'loras'}")
    assert (findings["lightning-t2v"].state, findings["lightning-t2v"].found) == ("good", "2 LoRAs")
    assert "wanflow models pull lightning-i2v" in (findings["lightning-i2v"].fix or "")


def test_a_local_prompt_model_is_there_and_fits_or_not(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = found("prompts=local", "prompts.model=qwen2.5-vl-7b")["prompts"]
    assert (missing.state, (missing.fix or "").split(",")[0]) == ("bad", "wanflow models pull qwen2.5-vl-7b")
    folder = home / "qwen"
    folder.mkdir()
    empty = found("prompts=local", f"prompts.model={folder}")["prompts"]
    assert empty.found == f"{folder} holds no config.json"
    assert (empty.fix or "").startswith("prompts.model=FOLDER")
    (folder / "config.json").write_text(json.dumps({"vision_config": {}}))
    assert "no weights in safetensors" in found("prompts=local", f"prompts.model={folder}")["prompts"].found
    (folder / "model.safetensors").write_bytes(bytes(10**6))
    here = found("prompts=local", f"prompts.model={folder}", "render.device=cpu")["prompts"]
    assert here.state == "good"
    assert f"{folder}, 1 MB, sees pictures, fits into" in here.found
    monkeypatch.setattr("flows.cli.doctor_models.memory_bytes", lambda: 1.1e6)
    large = found("prompts=local", f"prompts.model={folder}", "render.device=cpu")["prompts"]
    assert (large.state, "does not fit into 1.1 MB of memory" in large.found) == ("bad", True)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as one:
        yield one


def test_an_endpoint_is_asked_what_it_has_and_never_for_a_prompt(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("prompts=api", f"prompts.base_url={endpoint.url}", "prompts.model=m")
    unlisted = found(*asked)["prompts"]
    assert (unlisted.state, unlisted.found) == ("good", f"{endpoint.url} answers, m")
    endpoint.models = ("n", "o")
    other = found(*asked)["prompts"]
    assert (other.state, other.found) == ("note", f"{endpoint.url} answers, without m")
    assert other.fix == "prompts.model= one of n, o"
    endpoint.models, endpoint.wants_key = ("m",), True
    assert "wants a key (status 401)" in found(*asked)["prompts"].found
    monkeypatch.setenv("SOME_KEY", "sk-secret")
    assert found(*asked, "prompts.api_key_env=SOME_KEY")["prompts"].state == "good"
    assert endpoint.requests == []


def test_an_endpoint_that_does_not_answer_or_lacks_a_key_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = found("prompts=api", f"prompts.base_url={closed_port()}")["prompts"]
    assert (silent.state, "nothing answers" in silent.found, "prompts.base_url=" in (silent.fix or "")) == (
        "bad",
        True,
        True,
    )
    monkeypatch.delenv("SOME_KEY", raising=False)
    keyless = found("prompts=api", f"prompts.base_url={closed_port()}", "prompts.api_key_env=SOME_KEY")["prompts"]
    assert (keyless.state, "SOME_KEY is not set" in keyless.found) == ("bad", True)


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


def test_the_page_has_a_line_for_each_finding(capsys: pytest.CaptureFixture[str]) -> None:
    print_page(
        [Finding("A", "one", "good", "is here"), Finding("B", "three", "note", "is slow", "do this\n    or that")]
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "",
        "A",
        "  ✓ one    is here",
        "",
        "B",
        "  ! three  is slow",
        "           → do this",
        "           → or that",
        "",
        "Ready; 1 remark above.",
    ]
    assert summary([Finding("B", "three", "bad", "is gone")]) == "Not ready: three. What to do is said above."


def test_a_machine_that_can_render_is_told_so(wanflow: Wanflow) -> None:
    done = wanflow("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip().endswith("Ready.")
    plain = wanflow("doctor", PYTHONIOENCODING="ascii")
    assert "  ok python" in plain.stdout


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
