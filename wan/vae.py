"""WAN's video autoencoder over whole sequences instead of diffusers' frame-by-frame loop: the same numbers, faster.

diffusers feeds `AutoencoderKLWan` one latent frame at a time and carries a cache of earlier frames along. The
convolutions are causal, so running each layer once over the sequence gives the same result (within 1e-5). Videos too
large for that, and autoencoders of the 2.2 kind, go through diffusers' cached layers in pieces of several frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from wan.errors import NumbersError
from wan.finite import is_finite
from wan.vae_layers import run_decoder, run_encoder

# Fixed per kind of device and never measured: where a video is cut must not depend on how full a machine is.
PIECE_BYTES = {"cpu": 3 << 30, "cuda": 12 << 30}
_LIVE_COPIES = 8  # activations of the widest layer alive at once: input, padded copy, norm, output, residual …
_TEMPORAL_STRIDE = 4


class Vae:
    """Encodes and decodes videos in normalised latents: zero mean and unit deviation per channel."""

    def __init__(self, model: Any, *, piece_bytes: int | None = None, tiled: bool = False) -> None:
        """`model` is an `AutoencoderKLWan`; its convolution weights are laid out channels-last here (2× on a CPU).

        `tiled` computes in overlapping tiles and blends them, as diffusers does: little memory, other pixels."""
        self.model = model.eval()
        for module in model.modules():
            if isinstance(module, nn.Conv3d):
                module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last_3d)
        if tiled:
            model.enable_tiling()
        self._tiled = tiled
        self._asked_piece_bytes = piece_bytes

    @property
    def device(self) -> torch.device:
        """Where the weights are now."""
        found: torch.device = next(self.model.parameters()).device
        return found

    @property
    def dtype(self) -> torch.dtype:
        found: torch.dtype = next(self.model.parameters()).dtype
        return found

    @property
    def _piece_bytes(self) -> int:
        return self._asked_piece_bytes or PIECE_BYTES.get(self.device.type, PIECE_BYTES["cpu"])

    @property
    def _mean(self) -> Tensor:
        return self._per_channel(self.model.config.latents_mean)

    @property
    def _std(self) -> Tensor:
        return self._per_channel(self.model.config.latents_std)

    def _per_channel(self, values: Sequence[float]) -> Tensor:
        return torch.tensor(values, device=self.device, dtype=torch.float32).view(1, -1, 1, 1, 1)

    def encode(self, video: Tensor) -> Tensor:
        """`[B, 3, 4n + 1, H, W]` in [−1, 1] → latents fp32 `[B, z, n + 1, H/8, W/8]` (mean of the posterior)."""
        video = video.to(self.device, self.dtype)
        if self._tiled:
            moments: Tensor = self.model.encode(video).latent_dist.parameters
        elif self._fits(video.shape[2], video.shape[3], video.shape[4]):
            moments = run_encoder(self.model.encoder, self.model.quant_conv, video)
        else:
            moments = self._encode_in_pieces(video)
        mean = moments[:, : moments.shape[1] // 2].float()
        return (mean - self._mean) / self._std

    def decode(self, latents: Tensor) -> Tensor:
        """Latents `[B, z, n + 1, h, w]` → video `[B, 3, 4n + 1, 8h, 8w]`, clamped to [−1, 1].

        Raises `NumbersError` for NaN and infinity, which would be shown as black and white.
        """
        raw = (latents.to(self.device, torch.float32) * self._std + self._mean).to(self.dtype)
        scale = self.model.config.scale_factor_spatial
        if self._tiled:
            video: Tensor = self.model.decode(raw).sample
        elif self._fits((raw.shape[2] - 1) * _TEMPORAL_STRIDE + 1, raw.shape[3] * scale, raw.shape[4] * scale):
            video = run_decoder(self.model.decoder, self.model.post_quant_conv, raw)
        else:
            video = self._decode_in_pieces(raw)
        if not bool(is_finite(video)):
            raise NumbersError("the decoded frames are no numbers (NaN or infinity)")
        return video.clamp(-1, 1)

    def _fits(self, frames: int, height: int, width: int) -> bool:
        config = self.model.config
        whole = not config.is_residual and config.patch_size is None and not config.attn_scales
        return whole and frames * self._bytes_per_frame(height, width) <= self._piece_bytes

    def _bytes_per_frame(self, height: int, width: int) -> int:
        channels = self.model.config.decoder_base_dim or self.model.config.base_dim
        return _LIVE_COPIES * int(channels) * height * width * int(self.dtype.itemsize)

    def _pieces(self, latent_frames: int, height: int, width: int) -> Iterator[slice]:
        """The first latent frame alone, as the causal cache wants it, then as many at a time as fit."""
        yield slice(0, 1)
        size = max(1, self._piece_bytes // (_TEMPORAL_STRIDE * self._bytes_per_frame(height, width)))
        for start in range(1, latent_frames, size):
            yield slice(start, min(start + size, latent_frames))

    def _encode_in_pieces(self, video: Tensor) -> Tensor:
        from diffusers.models.autoencoders.autoencoder_kl_wan import patchify

        model = self.model
        height, width = video.shape[3:]
        if model.config.patch_size is not None:
            video = patchify(video, patch_size=model.config.patch_size)
        model.clear_cache()
        out = []
        for piece in self._pieces((video.shape[2] - 1) // _TEMPORAL_STRIDE + 1, height, width):
            first = 0 if piece.start == 0 else (piece.start - 1) * _TEMPORAL_STRIDE + 1
            frames = video[:, :, first : (piece.stop - 1) * _TEMPORAL_STRIDE + 1]
            model._enc_conv_idx = [0]
            out.append(model.encoder(frames, feat_cache=model._enc_feat_map, feat_idx=model._enc_conv_idx))
        model.clear_cache()
        moments: Tensor = model.quant_conv(torch.cat(out, dim=2))
        return moments

    def _decode_in_pieces(self, raw: Tensor) -> Tensor:
        from diffusers.models.autoencoders.autoencoder_kl_wan import unpatchify

        model = self.model
        scale = model.config.scale_factor_spatial
        hidden = model.post_quant_conv(raw)
        model.clear_cache()
        out = []
        for piece in self._pieces(raw.shape[2], raw.shape[3] * scale, raw.shape[4] * scale):
            model._conv_idx = [0]
            first_chunk = piece.start == 0
            frames = hidden[:, :, piece]
            out.append(
                model.decoder(frames, feat_cache=model._feat_map, feat_idx=model._conv_idx, first_chunk=first_chunk)
            )
        model.clear_cache()
        video: Tensor = torch.cat(out, dim=2)
        if model.config.patch_size is not None:
            video = unpatchify(video, patch_size=model.config.patch_size)
        return video
