from __future__ import annotations

import torch

from wan.tiny.models import build_vae, build_vae22
from wan.tiny.train import sequence


def test_whole_sequences_give_what_diffusers_gives_piece_by_piece() -> None:
    torch.manual_seed(0)
    vae = build_vae().eval()
    video = torch.rand(1, 3, 13, 32, 48) * 2 - 1
    with torch.no_grad():
        mean, _ = sequence.encode_moments(vae, video)
        assert torch.allclose(mean, vae.encode(video).latent_dist.mode(), atol=1e-5)
        decoded = sequence.decode(vae, mean)
        assert torch.allclose(decoded.clamp(-1, 1), vae.decode(mean).sample, atol=1e-4)


def test_a_single_image_passes_too() -> None:
    vae = build_vae().eval()
    with torch.no_grad():
        mean, _ = sequence.encode_moments(vae, torch.zeros(1, 3, 1, 32, 32))
        assert sequence.decode(vae, mean).shape == (1, 3, 1, 32, 32)


def test_the_kind_with_patches_and_shortcuts_gives_what_diffusers_gives_too() -> None:
    torch.manual_seed(0)
    vae = build_vae22().eval()
    video = torch.rand(1, 3, 13, 64, 32) * 2 - 1
    with torch.no_grad():
        mean, _ = sequence.encode_moments(vae, video)
        assert mean.shape == (1, 48, 4, 4, 2)
        assert torch.allclose(mean, vae.encode(video).latent_dist.mode(), atol=1e-5)
        decoded = sequence.decode(vae, mean)
        assert torch.allclose(decoded.clamp(-1, 1), vae.decode(mean).sample, atol=1e-4)
