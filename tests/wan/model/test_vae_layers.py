from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from wan.model.vae_convolutions import Passage
from wan.model.vae_layers import run_decoder, run_encoder
from wan.tiny.models import build_vae, build_vae22


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


@pytest.mark.parametrize("build", [build_vae, build_vae22], ids=["2.1", "2.2"])
def test_a_sequence_in_pieces_is_the_sequence_at_once(build: object) -> None:
    torch.manual_seed(0)
    vae = build().eval()  # type: ignore[operator]
    channels, width = vae.config.z_dim, vae.post_quant_conv.weight.shape[0]
    latents = torch.randn(1, width, 4, 2, 3)
    whole = run_decoder(vae.decoder, latents, Passage())
    passage = Passage(in_pieces=True)
    first = run_decoder(vae.decoder, latents[:, :, :2], passage)
    passage.first = False
    pieces = torch.cat([first, run_decoder(vae.decoder, latents[:, :, 2:], passage)], dim=2)
    assert whole.shape[2] == 4 * 3 + 1
    assert channels == width
    assert torch.allclose(pieces, whole, atol=1e-4)


def test_latents_have_a_frame_for_four_and_one_for_the_first() -> None:
    torch.manual_seed(0)
    vae = build_vae().eval()
    hidden = run_encoder(vae.encoder, torch.randn(1, 3, 9, 16, 24), Passage())
    assert hidden.shape == (1, 2 * vae.config.z_dim, 3, 2, 3)
    single = run_encoder(vae.encoder, torch.randn(1, 3, 1, 16, 24), Passage())
    assert single.shape[2] == 1
