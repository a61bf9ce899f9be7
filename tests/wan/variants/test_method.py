from __future__ import annotations

from typing import Any

import pytest
import torch

from wan.model.parts import Resident
from wan.request import ClipRequest, Guidance, Sampling
from wan.variants import VARIANTS
from wan.variants.method import Method

SAMPLING = Sampling(4, 5.0, Guidance(4.0, 3.0))


class Model:
    """A transformer that notes how often it is prepared, and by what name it was asked for."""

    def __init__(self, name: str) -> None:
        self.name, self.prepared = name, 0

    def context(self, texts: Any, latents: Any) -> str:
        self.prepared += 1
        return f"{self.name}, {len(texts)} prompts"

    def velocities(self, latents: torch.Tensor, timestep: float, context: str) -> list[Any]:
        return [context]


def method(variant: str) -> tuple[Method, dict[str, Model]]:
    parts = {name: Model(name) for name in ("transformer", "transformer_2")}
    return Method(VARIANTS[variant], Resident(parts, torch.device("cpu"))), parts


def request(**changes: Any) -> ClipRequest:
    given: dict[str, Any] = {"prompt": "", "width": 64, "height": 32, "num_frames": 9, "sampling": SAMPLING, "seed": 1}
    return ClipRequest(**{**given, **changes})


def test_the_noise_has_a_frame_for_four_and_a_place_for_64_pixels() -> None:
    found, _ = method("t2v-a14b")
    assert found.latent_shape(request()) == (1, 16, 3, 4, 8)
    assert found.latent_shape(request(num_frames=1)) == (1, 16, 1, 4, 8)


def test_noise_is_the_seeds_wherever_it_is_used() -> None:
    found, _ = method("t2v-a14b")
    one, same = (found.fixed_noise(request(), torch.Generator().manual_seed(3)) for _ in range(2))
    assert one.dtype == torch.float32
    assert one.device.type == "cpu"
    assert torch.equal(one, same)


def test_each_part_of_the_schedule_has_its_expert() -> None:
    found, _ = method("t2v-a14b")
    assert [found.part_name(expert) for expert in ("high", "low")] == ["transformer", "transformer_2"]
    one, _ = method("ti2v-5b")
    assert [one.part_name(expert) for expert in ("high", "low")] == ["transformer", "transformer"]


def test_what_steps_share_is_prepared_once_for_an_expert_and_a_clip() -> None:
    found, parts = method("t2v-a14b")
    memo: dict[str, Any] = {}
    texts, latents = [torch.zeros(1, 3, 4)] * 2, torch.zeros(1, 16, 3, 4, 8)
    for timestep in (900, 800):
        (told,) = found.velocities("high", latents, timestep, texts, {}, memo)
        assert told == "transformer, 2 prompts"
    assert parts["transformer"].prepared == 1
    (told,) = found.velocities("low", latents, 100, texts, {}, {})
    assert told == "transformer_2, 2 prompts"


def test_a_plain_variant_starts_from_noise_and_takes_every_step() -> None:
    found, _ = method("t2v-a14b")
    noise = torch.randn(1, 16, 3, 4, 8)
    latents, skipped = found.start(noise, {}, SAMPLING)
    assert torch.equal(latents, noise)
    assert skipped == 0
    assert torch.equal(found.after_step(noise, {}), noise)
    with pytest.raises(KeyError):
        found.decode(noise, {})  # there is no autoencoder among these parts
