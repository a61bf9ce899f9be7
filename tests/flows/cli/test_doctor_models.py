"""The doctor on models, LoRAs and detectors, and on who extends prompts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.cli.doctors import found
from tests.wan.prompts.endpoint import Endpoint, closed_port, serving
from wan.families import FAMILIES
from wan.weights.places import MANIFEST

pytestmark = pytest.mark.usefixtures("home")


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
