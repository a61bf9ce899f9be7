"""What VACE is trained on is what the pipeline gives it, and where it begins."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from wan.model.vae import Vae
from wan.tiny import models
from wan.tiny.draw import draw_batch, draw_on_white, stage
from wan.tiny.train import vace_tasks
from wan.tiny.train.bank import Encoder
from wan.tiny.train.vace import _control, beside
from wan.tiny.train.vace_tasks import KNOWN, given_for, portrait_of
from wan.tiny.train.warm import start_from
from wan.tiny.world import training_scenes
from wan.variants.vace.conditions import control_condition

SIZE = {"width": 64, "height": 64}
NUMBERS = range(4)


@pytest.fixture(scope="module")
def drawn() -> tuple[torch.Tensor, torch.Tensor]:
    scenes = random.Random(0).sample(training_scenes(), len(NUMBERS))
    return draw_batch([stage(scene, n) for n, scene in enumerate(scenes)], frames=range(17), **SIZE)


@torch.no_grad()
def test_the_control_is_what_the_pipeline_makes_of_the_same_frames(
    drawn: tuple[torch.Tensor, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    encoder = Encoder(models.build_vae().eval(), compile_it=False)
    for kind in range(5):
        monkeypatch.setitem(vace_tasks.SHARES, False, [float(place == kind) for place in range(5)])
        given = given_for(*drawn, NUMBERS, with_picture=False)
        wanted = [
            control_condition(Vae(encoder.vae), given.video[n : n + 1], given.mask[n : n + 1], []) for n in NUMBERS
        ]
        assert torch.allclose(_control(encoder, given), torch.cat(wanted), atol=1e-4)


def test_known_frames_are_shown_and_the_rest_is_grey(
    drawn: tuple[torch.Tensor, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vace_tasks.SHARES, False, [1.0, 0, 0, 0, 0])
    video, given = drawn[0], given_for(*drawn, NUMBERS, with_picture=False)
    for clip, mask, true in zip(given.video, given.mask, video, strict=True):
        known = int((mask[0].amax((1, 2)) == 0).sum())
        assert known in KNOWN
        assert torch.equal(clip[:, :known], true[:, :known])
        assert not clip[:, known:].any()
        assert bool((mask[:, known:] == 1).all())


def test_a_mask_hides_the_sprite_and_nothing_far_from_it(
    drawn: tuple[torch.Tensor, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vace_tasks.SHARES, False, [0, 0, 1.0, 0, 0])
    given = given_for(*drawn, NUMBERS, with_picture=False)
    assert not (given.mask[drawn[1] > 0.5] == 0).any()
    assert not given.video[given.mask.expand_as(given.video) == 1].any()
    assert float(given.mask.mean()) < 0.9


def test_a_portrait_is_of_the_same_thing() -> None:
    scene = training_scenes()[0]
    staging = portrait_of(scene, 5)
    assert (staging.scene.shape, staging.scene.colour) == (scene.shape, scene.colour)
    picture = draw_on_white([staging])
    assert picture.shape == (1, 3, 144, 256)
    assert bool((picture[0, :, 0] == 1).all()), "white at the edge"
    assert float(picture.min()) < 1


def test_control_blocks_begin_as_the_blocks_they_stand_beside_and_say_nothing(tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.save({"model": models.build_transformer(16).state_dict()}, tmp_path / "t2v_low.pt")
    model = models.build_vace_transformer()
    fresh = start_from(model, tmp_path / "t2v_low.pt", fresh=("vace_patch_embedding",), same_as=beside)
    assert {name.split(".")[0] for name in fresh} == {"vace_patch_embedding", "vace_blocks"}
    assert all("proj_" in name for name in fresh if name.startswith("vace_blocks"))
    theirs = dict(model.named_parameters())
    assert torch.equal(theirs["vace_blocks.1.attn1.to_q.weight"], theirs["blocks.3.attn1.to_q.weight"])
    latents, text = torch.randn(1, 16, 2, 4, 4), torch.randn(1, 5, 128)
    with torch.no_grad():
        found = [model(latents, torch.tensor([500]), text, None, torch.randn(1, 96, 2, 4, 4)).sample for _ in range(2)]
    assert torch.equal(found[0], found[1])
