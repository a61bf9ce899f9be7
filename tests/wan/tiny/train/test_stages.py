"""The stages one after the other on a CPU, small: 24 steps, the loss falls, and a stopped run goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean

import pytest
import torch
from safetensors.torch import load_file

from wan.families import FAMILIES
from wan.tiny.train.denoiser import DenoiserTraining, phase_at, train_denoiser
from wan.tiny.train.export import export
from wan.tiny.train.running import Budget
from wan.tiny.train.stages import load_encoder, load_text_encoder, load_transformer
from wan.tiny.train.text import TextTraining, train_text
from wan.tiny.train.vae import VaeTraining, train_vae
from wan.weights.checkpoint import Checkpoint

STEPS = 24
SAVED = STEPS - 2
SMALL = {"device": "cpu", "compile": False, "width": 48, "height": 32, "frames": 9, "warmup": 3, "log_every": 1}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> object:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[float]]]:
    out = tmp_path_factory.mktemp("tiny")
    losses = {
        "vae": train_vae(
            VaeTraining(out=out, budget=Budget(steps=STEPS), batch=2, measured=2, save_every=SAVED, **SMALL)
        ),
        "text": train_text(TextTraining(out=out, budget=Budget(steps=STEPS), batch=16, log_every=1, save_every=SAVED)),
    }
    for task in ("t2v", "i2v"):
        config = DenoiserTraining(
            task=task,
            out=out,
            budget=Budget(steps=STEPS),
            batch=4,
            clips=8,
            bank_batch=4,
            save_every=SAVED,
            **SMALL,
        )
        losses[task] = train_denoiser(config)
    return out, losses


@pytest.mark.parametrize("stage", ["text", "vae", "t2v", "i2v"])
def test_some_steps_lower_the_loss(stage: str, trained: tuple[Path, dict[str, list[float]]]) -> None:
    losses = trained[1][stage]
    assert len(losses) == STEPS
    assert mean(losses[-6:]) < 0.97 * mean(losses[:6])


@pytest.mark.parametrize("stage", ["text", "vae", "t2v"])
def test_a_stopped_run_goes_on_where_it_was(stage: str, trained: tuple[Path, dict[str, list[float]]]) -> None:
    # The resume file was written two steps before the last: running again repeats the last two steps and nothing else.
    out, losses = trained
    budget = Budget(steps=STEPS)
    if stage == "vae":
        again = train_vae(VaeTraining(out=out, budget=budget, batch=2, measured=2, **SMALL))
    elif stage == "text":
        again = train_text(TextTraining(out=out, budget=budget, batch=16, log_every=1))
    else:
        config = DenoiserTraining(task=stage, out=out, budget=budget, batch=4, clips=8, bank_batch=4, **SMALL)
        again = train_denoiser(config)
    assert again == pytest.approx(losses[stage][-2:], rel=1e-4)


def test_both_experts_come_from_one_network_and_part_ways(trained: tuple[Path, dict[str, list[float]]]) -> None:
    out, _ = trained
    base, high, low = (load_transformer(out / f"t2v_{name}.pt", 16, "cpu") for name in ("base", "high", "low"))
    key = "blocks.0.attn1.to_q.weight"
    weights = [model.state_dict()[key] for model in (base, high, low)]
    assert not torch.equal(weights[1], weights[2])
    assert (weights[1] - weights[0]).norm() < 0.5 * weights[0].norm()


def test_the_autoencoder_carries_its_latent_statistics(trained: tuple[Path, dict[str, list[float]]]) -> None:
    encoder = load_encoder(trained[0] / "vae.pt", "cpu", compile_it=False)
    assert encoder.std.shape == (1, 16, 1, 1, 1)
    assert (encoder.std > 0).all()
    assert not torch.equal(encoder.std, torch.ones_like(encoder.std))


def test_a_stage_that_lacks_an_earlier_one_says_which(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"text\.pt is missing: run the stage that writes it first"):
        load_text_encoder(tmp_path / "text.pt", "cpu")


def test_the_phases_share_the_budget_in_order() -> None:
    assert [phase_at(part) for part in (0.0, 0.44, 0.46, 0.69, 0.71, 1.0)] == [0, 0, 1, 1, 2, 2]


def test_a_budget_is_in_steps_or_in_seconds() -> None:
    assert Budget(steps=4).part(1) == 0.25
    with pytest.raises(ValueError, match="one of them"):
        Budget()


def test_exported_stages_open_as_a_family_in_diffusers_layout(
    trained: tuple[Path, dict[str, list[float]]], tmp_path: Path
) -> None:
    size = export(trained[0], tmp_path)
    assert size <= 24e6
    for variant, boundary in (("t2v-a14b", 0.875), ("i2v-a14b", 0.9)):
        checkpoint = Checkpoint.open(FAMILIES["tiny"], variant, root=tmp_path)
        assert json.loads((checkpoint.folder / "model_index.json").read_text())["boundary_ratio"] == boundary
        weights = checkpoint.components["transformer_2"] / "diffusion_pytorch_model.safetensors"
        assert load_file(weights)["proj_out.weight"].dtype == torch.float16
