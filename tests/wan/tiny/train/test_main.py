"""`python -m wan.tiny.train`: which stage is told what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wan.tiny.train import __main__ as command


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What each stage was given, in place of training it."""
    given: list[Any] = []
    for name in ("train_text", "train_vae", "train_audio", "train_denoiser"):
        monkeypatch.setattr(command, name, given.append)
    monkeypatch.setattr(command, "train_flow", lambda task, config: given.append((task, config)))
    return given


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["train", *arguments])
    command.main()


@pytest.mark.parametrize(
    ("stage", "batch"), [("text", 96), ("vae", 8), ("vae22", 8), ("audio", 8), ("t2v", 64), ("i2v", 64)]
)
def test_a_stage_has_its_seed_and_its_batch(
    stage: str, batch: int, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, stage, "--out", "here", "--steps", "5")
    (config,) = told
    assert (config.out, config.budget.steps) == (Path("here"), 5)
    assert (config.batch, config.seed) == (batch, command.SEEDS[stage])


def test_rates_device_and_compilation_are_handed_on(told: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("--seconds", "2", "--muon-lr", "0.5", "--device", "cpu", "--no-compile", "--batch", "3")
    run(monkeypatch, "vae22", "--out", "here", "--decoder-only", *arguments)
    (config,) = told
    assert (config.kind, config.decoder_only, config.device, config.compile) == ("2.2", True, "cpu", False)
    assert (config.muon_lr, config.adam_lr, config.batch) == (0.5, 2e-3, 3)


def test_another_run_of_a_flow_sees_other_clips(told: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setitem(command.FLOWS, "ti2v", lambda out, **values: made.append(values) or "task")
    run(monkeypatch, "ti2v", "--out", "here", "--steps", "1", "--offset", "7", "--clips", "9")
    assert made[0]["seed"] == command.SEEDS["ti2v"] * 10**9 + 7
    assert made[0]["clips"] == 9
    ((task, config),) = told
    assert task == "task"
    assert config.batch == 64


def test_every_stage_is_trained_by_somebody() -> None:
    assert set(command.SEEDS) == set(command.TRAINED) | set(command.FLOWS)


def test_a_budget_is_asked_for(told: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="steps or in seconds"):
        run(monkeypatch, "text", "--out", "here")
    assert not told
