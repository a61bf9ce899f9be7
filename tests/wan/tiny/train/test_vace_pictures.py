"""What the teacher of pictures says, what its pupil is shown, and whose weights are exported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from wan.tiny import models
from wan.tiny.tokens import token_ids
from wan.tiny.train import vace, vace_pictures
from wan.tiny.train.export import export
from wan.tiny.train.flow import FlowTraining, train_flow
from wan.tiny.train.running import Budget
from wan.tiny.train.stages import load_state
from wan.tiny.train.vace_pictures import STRENGTH, THOUGHTS, PictureTask, picture_task, taught_loss, teach, thinking
from wan.tiny.world import COLOURS, SHAPES

SEED, CLIPS = 11 * 10**9, 4


def _task(out: Path) -> PictureTask:
    return picture_task(out, clips=CLIPS, seed=SEED, batch=2, device="cpu", width=64, height=64, frames=9, pictures=2)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    torch.manual_seed(0)
    torch.save({"model": models.build_vae().state_dict()}, folder / "vae.pt")
    torch.save({"model": models.build_text_encoder(len(token_ids())).state_dict()}, folder / "text.pt")
    controlled = models.build_vace_transformer()
    for block in controlled.vace_blocks:
        torch.nn.init.normal_(block.proj_out.weight, std=0.1)
    torch.save({"model": controlled.state_dict()}, folder / "vace.pt")
    return folder


@pytest.fixture(scope="module")
def task(out: Path) -> Iterator[PictureTask]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield _task(out)
    torch.set_num_threads(threads)


def _taught(task: PictureTask, batch: int = 3) -> tuple[torch.Tensor, ...]:
    return next(inputs for _ in range(100) if len(inputs := task.draw(batch)) > 6)


@torch.no_grad()
def test_thinking_is_the_models_own_way(task: PictureTask) -> None:
    mixed, timestep, said, _, control, _, _ = _taught(task)
    velocity, thoughts = thinking(task.teacher, mixed, timestep, said, control)
    assert torch.equal(velocity, task.teacher(mixed, timestep, said, None, control, return_dict=False)[0])
    assert len(thoughts) == len(THOUGHTS)


@torch.no_grad()
def test_what_is_asked_for_goes_further_than_words_alone(task: PictureTask) -> None:
    mixed, timestep, said, told, control, _, _ = _taught(task)
    without, named = (thinking(task.teacher, mixed, timestep, text, control)[0] for text in (said, told))
    wanted, _ = teach(task.teacher, mixed, timestep, said, told, control)
    assert torch.allclose(wanted, without + STRENGTH * (named - without), atol=1e-5)
    same, _ = teach(task.teacher, mixed, timestep, said, said, control)
    assert torch.allclose(same, without, atol=1e-5), "a caption that names it is to be followed as it is"


@torch.no_grad()
def test_a_pupil_that_says_what_is_asked_for_is_only_asked_for_the_shape(task: PictureTask) -> None:
    mixed, timestep, said, _, control, weight, shape = _taught(task)
    own = thinking(task.model.transformer, mixed, timestep, said, control)
    loss = taught_loss(task.model, mixed, timestep, said, control, weight, shape, *own)
    assert 0 < float(loss) < 2 * vace_pictures.SHAPE_WEIGHT * torch.tensor(len(SHAPES)).log()


def test_the_picture_shows_what_the_clip_does(task: PictureTask) -> None:
    scenes = [staging.scene for staging in vace.stagings(range(SEED + CLIPS // 2, SEED + CLIPS))]
    assert [(SHAPES[i // len(COLOURS)], COLOURS[i % len(COLOURS)]) for i in task.bank.what.tolist()] == [
        (scene.shape, scene.colour) for scene in scenes
    ]
    _, _, _, _, control, _, shape = _taught(task)
    for given, number in zip(control, shape.tolist(), strict=True):
        of_that_shape = task.bank.shown[number * len(COLOURS) : (number + 1) * len(COLOURS)].flatten(0, 1).float()
        assert any(torch.equal(given[:16, 0], picture) for picture in of_that_shape)
        assert not given[16:, 0].any(), "a reference is known, and is no mask"


def test_banks_are_drawn_once_and_the_pupils_weights_are_exported(
    out: Path, task: PictureTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vace_pictures, "_draw", None)
    again = _task(out)
    config = FlowTraining(out=out, budget=Budget(steps=3), batch=2, warmup=1, device="cpu", compile=False)
    train_flow(again, config)
    export(out, tmp_path)
    written = load_file(tmp_path / "vace-fun-a14b/transformer/diffusion_pytorch_model.safetensors")
    before = load_state(out / "vace.pt")
    assert written.keys() == before.keys()
    assert any(not torch.allclose(written[name].float(), before[name], atol=1e-3) for name in written)
