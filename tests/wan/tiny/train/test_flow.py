"""The stages of variants with one transformer, small, on a CPU: the loss falls, a run goes on, weights are exported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
import torch

from wan.families import FAMILIES
from wan.tiny import models
from wan.tiny.tokens import token_ids
from wan.tiny.train.animate import animate_task
from wan.tiny.train.animate_windows import COLUMNS, WINDOW, window_task
from wan.tiny.train.audio import AudioTraining, Listener, train_audio, truth_at
from wan.tiny.train.export import export
from wan.tiny.train.flow import FlowTraining, train_flow
from wan.tiny.train.running import Budget
from wan.tiny.train.speech import PIECE, STARTS, speech_task
from wan.tiny.train.ti2v import ti2v_task
from wan.tiny.train.vace import vace_task
from wan.tiny.train.vae import VaeTraining, train_vae
from wan.weights.checkpoint import Checkpoint

STEPS = 10
VAE_STEPS = 16
TASKS: dict[str, tuple[Callable[..., Any], dict[str, int]]] = {
    "ti2v": (ti2v_task, {"width": 64, "height": 64, "frames": 9}),
    "s2v": (speech_task, {"width": 128, "height": 64}),
    "animate": (animate_task, {"width": 64, "height": 48, "frames": 9}),
    "vace": (vace_task, {"width": 64, "height": 64, "frames": 9}),
}
Trained = tuple[Path, dict[str, list[float]]]


def _train(name: str, out: Path, steps: int) -> list[float]:
    make, size = TASKS[name]
    task = make(out, clips=4, seed=10**9, batch=2, device="cpu", **size)
    config = FlowTraining(
        out=out, budget=Budget(steps=steps), batch=2, warmup=3, device="cpu", compile=False, log_every=1
    )
    return train_flow(task, config)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    out = tmp_path_factory.mktemp("tiny")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.save({"model": models.build_vae().state_dict()}, out / "vae.pt")
    torch.save({"model": models.build_text_encoder(len(token_ids())).state_dict()}, out / "text.pt")
    losses = {
        "audio": train_audio(AudioTraining(out=out, budget=Budget(steps=30), batch=2, seconds=1.0, log_every=1)),
        "vae22": train_vae(
            VaeTraining(out=out, budget=Budget(steps=VAE_STEPS), kind="2.2", batch=1, measured=1, device="cpu",
                        compile=False, width=64, height=64, frames=9, warmup=3, log_every=1)
        ),
    }  # fmt: skip
    losses |= {name: _train(name, out, STEPS) for name in TASKS}
    torch.set_num_threads(threads)
    return out, losses


@pytest.mark.parametrize("stage", ["audio", "vae22", *TASKS])
def test_some_steps_lower_the_loss(stage: str, trained: Trained) -> None:
    losses = trained[1][stage]
    assert mean(losses[-5:]) < 0.97 * mean(losses[:3])


def test_a_second_run_goes_on_from_the_first_ones_weights(trained: Trained, tmp_path: Path) -> None:
    for path in trained[0].glob("*.pt"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    losses = _train("ti2v", tmp_path, 2)
    assert mean(losses) < 0.97 * mean(trained[1]["ti2v"][:3])
    assert torch.load(tmp_path / "ti2v.pt", weights_only=True)["step"] == STEPS + 2


class _Stop(Exception):
    """Stands for a machine that goes away."""


def test_a_run_that_was_cut_off_goes_on_where_it_was(trained: Trained, tmp_path: Path) -> None:
    for name in ("vae22.pt", "text.pt"):
        (tmp_path / name).write_bytes((trained[0] / name).read_bytes())
    make, size = TASKS["ti2v"]

    def run(stop_before: int) -> None:
        task = make(tmp_path, clips=2, seed=10**9, batch=2, device="cpu", **size)
        drawn, draw = 0, type(task).draw

        class Cut(type(task)):  # type: ignore[misc]
            def draw(self, batch: int) -> Any:
                nonlocal drawn
                drawn += 1
                if drawn == stop_before:
                    raise _Stop
                return draw(self, batch)

        cut = Cut(bank=task.bank, device="cpu", model=task.model)
        config = FlowTraining(
            out=tmp_path, budget=Budget(steps=6), batch=1, device="cpu", compile=False, save_seconds=0.0
        )
        train_flow(cut, config)
        assert drawn == 2

    with pytest.raises(_Stop):
        run(stop_before=5)
    run(stop_before=99)  # four steps were done and saved: two are left
    assert torch.load(tmp_path / "ti2v.pt", weights_only=True)["step"] == 6
    assert not (tmp_path / "ti2v_resume.pt").exists()


def test_the_decoder_alone_can_go_on(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "vae22.pt").write_bytes((trained[0] / "vae22.pt").read_bytes())
    train_vae(
        VaeTraining(out=tmp_path, budget=Budget(steps=1), kind="2.2", batch=1, measured=1, device="cpu",
                    compile=False, width=64, height=64, frames=5, warmup=1, decoder_only=True)
    )  # fmt: skip
    before, after = (torch.load(folder / "vae22.pt", weights_only=True) for folder in (trained[0], tmp_path))
    assert before["latents_std"] == after["latents_std"]
    changed = {name for name, weight in before["model"].items() if not torch.equal(weight, after["model"][name])}
    assert changed
    assert {name.split(".")[0] for name in changed} <= {"decoder", "post_quant_conv"}


def test_what_was_trained_opens_as_a_family_in_diffusers_layout(trained: Trained, tmp_path: Path) -> None:
    export(trained[0], tmp_path)
    for variant in ("ti2v-5b", "s2v-14b", "animate-14b", "vace-fun-a14b"):
        checkpoint = Checkpoint.open(FAMILIES["tiny"], variant, root=tmp_path)
        assert "boundary_ratio" not in json.loads((checkpoint.folder / "model_index.json").read_text())


def test_later_clips_of_speech_begin_where_the_pipeline_begins_them() -> None:
    assert STARTS == (29, 61, 93)
    assert PIECE == 32


def test_the_ears_truth_is_the_mouths_opening_at_the_same_time() -> None:
    from wan.tiny import sounds

    sound = sounds.make_sounds(1, 4.0, seed=3)
    truth = truth_at(sound, 190)[0, :, 2]
    frames = sounds.opening_of(sound, sounds.RATE, 60)[0]
    # feature j begins at j / 50 s, frame i at i / 16 s: every 25th feature is every 8th frame
    assert torch.allclose(truth[25:180:25], frames[8:58:8], atol=0.12)
    assert torch.corrcoef(torch.stack([truth[25:180:25], frames[8:58:8]]))[0, 1] > 0.97


def test_a_listener_reads_every_layer() -> None:
    assert Listener()(torch.randn(1, 16_000)).shape == (models.AUDIO_LAYERS + 1, 1, 49, 5)


def test_windows_go_on_with_animate_in_their_places(trained: Trained) -> None:
    task = window_task(trained[0], clips=1, seed=5, batch=1, device="cpu")
    inputs = task.draw(1)
    assert inputs[0].shape == (1, 36, 1 + WINDOW, 18, COLUMNS)
    assert int(inputs[8][0]) == 0
    assert torch.isfinite(task.loss(*inputs))
