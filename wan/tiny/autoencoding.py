"""How well the shipped autoencoder gives whole clips back."""

from __future__ import annotations

import torch

from wan.families import Family
from wan.model.vae import Vae
from wan.tiny.measure import cases, psnr, true_clips
from wan.weights.checkpoint import Checkpoint


@torch.inference_mode()
def measure_autoencoder(
    family: Family, count: int, *, device: str = "cpu", variant: str = "t2v-a14b"
) -> dict[str, float]:
    """PSNR in dB over `count` held-out clips of full length, averaged; the lowest; and of the last frames alone."""
    from diffusers import AutoencoderKLWan

    folder = Checkpoint.open(family, variant).components["vae"]
    vae = Vae(AutoencoderKLWan.from_pretrained(folder, local_files_only=True, torch_dtype=torch.float32).to(device))
    whole, last = [], []
    for clip in true_clips(cases(count)):
        video = clip.permute(3, 0, 1, 2)[None].to(device).float() / 127.5 - 1
        decoded = ((vae.decode(vae.encode(video)) + 1) * 127.5).round().to(torch.uint8)[0].permute(1, 2, 3, 0).cpu()
        whole.append(psnr(decoded, clip))
        last.append(psnr(decoded[-1], clip[-1]))
    return {
        "clips": float(count),
        "psnr_db": sum(whole) / count,
        "psnr_lowest_db": min(whole),
        "psnr_last_frame_db": sum(last) / count,
    }
