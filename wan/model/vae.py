"""WAN's video autoencoder over whole sequences instead of diffusers' frame-by-frame loop: the same numbers, faster.

diffusers feeds `AutoencoderKLWan` one latent frame at a time and carries a cache of earlier frames along. The
convolutions are causal, so running each layer once over the sequence gives the same result (within 1e-5). Videos too
large for that come in pieces of several frames, and every layer remembers the end of the piece before.

On a GPU the factors of convolutions are rounded to 10 bits of mantissa, as TF32, torch's default, rounds them; fp16
holds just those in half the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_wan import patchify, unpatchify
from torch import Tensor, nn

from wan.errors import NumbersError
from wan.model.finite import is_finite
from wan.model.pace import Pace
from wan.model.vae_convolutions import Passage, convolve
from wan.model.vae_layers import run_decoder, run_encoder
from wan.parallel.rows import Rows

# Fixed per kind of device and never measured: where a video is cut must not depend on how full a machine is.
PIECE_BYTES = {"cpu": 3 << 30, "cuda": 12 << 30}
# Activations of the widest layer counted as alive at once: input, padded copy, norm, output, residual … Fewer are,
# but videos are cut by this, and bits depend on where (`wan.placement.budget` has what was measured).
_LIVE_COPIES = 8
_TEMPORAL_STRIDE = 4


class Vae:
    """Encodes and decodes videos in normalised latents: zero mean and unit deviation per channel."""

    def __init__(
        self,
        model: Any,
        *,
        piece_bytes: int | None = None,
        tiled: bool = False,
        rounded: bool = False,
        rows: Rows | None = None,
    ) -> None:
        """`model` is an `AutoencoderKLWan`; its convolution weights are laid out channels-last here (2× on a CPU).

        `tiled` computes in overlapping tiles and blends them, as diffusers does: little memory, other pixels.
        `rounded`: on a GPU, convolutions may round their factors. `rows`: which of a frame are computed here, in a
        gang, whose members do all of this together; tiles are not shared out."""
        self.model = model.eval()
        for module in model.modules():
            if isinstance(module, nn.Conv3d):
                module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last_3d)
        self._pace: Pace = Pace(self.device)
        if tiled:
            model.enable_tiling()
            for part in (model.encoder, model.decoder):  # called for each frame of each tile
                part.register_forward_pre_hook(lambda *_: self._pace.between())
        self._tiled, self._rounded = tiled, rounded
        self._asked_piece_bytes = piece_bytes
        self._rows = rows or Rows()

    @property
    def device(self) -> torch.device:
        """Where the weights are now."""
        device: torch.device = next(self.model.parameters()).device
        return device

    @property
    def dtype(self) -> torch.dtype:
        dtype: torch.dtype = next(self.model.parameters()).dtype
        return dtype

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
        self._pace = Pace(self.device)
        if self._tiled:
            moments: Tensor = self.model.encode(video).latent_dist.parameters
        else:
            moments = self._finite(self._encode, video)
        mean = moments[:, : moments.shape[1] // 2].float()
        return (mean - self._mean) / self._std

    def decode(self, latents: Tensor) -> Tensor:
        """Latents `[B, z, n + 1, h, w]` → video `[B, 3, 4n + 1, 8h, 8w]`, clamped to [−1, 1].

        Raises `NumbersError` for NaN and infinity, which would be shown as black and white.
        """
        self._pace = Pace(self.device)
        raw = (latents.to(self.device, torch.float32) * self._std + self._mean).to(self.dtype)
        video: Tensor = self.model.decode(raw).sample if self._tiled else self._finite(self._decode, raw)
        if not bool(is_finite(video)):
            raise NumbersError("the decoded frames are no numbers (NaN or infinity)")
        return video.clamp(-1, 1)

    def _finite(self, function: Callable[[Tensor, bool], Tensor], given: Tensor) -> Tensor:
        """With rounded factors, where they may be; without, should a number have been too large for fp16."""
        half = self._rounded and given.is_cuda
        result = function(given, half)
        return result if not half or bool(is_finite(result)) else function(given, False)

    def _encode(self, video: Tensor, half: bool) -> Tensor:
        config, (frames, height, width) = self.model.config, video.shape[2:]
        if config.patch_size is not None:
            video = patchify(video, patch_size=config.patch_size)
        pieces = self._pieces((frames - 1) // _TEMPORAL_STRIDE + 1, height, width)
        spans = [
            slice(max(0, _TEMPORAL_STRIDE * piece.start - 3), _TEMPORAL_STRIDE * piece.stop - 3) for piece in pieces
        ]
        hidden = self._through(
            partial(run_encoder, self.model.encoder), video, spans, height // config.scale_factor_spatial, half
        )
        return convolve(self.model.quant_conv, hidden, Passage())

    def _decode(self, raw: Tensor, half: bool) -> Tensor:
        config = self.model.config
        scale = config.scale_factor_spatial
        pieces = self._pieces(raw.shape[2], raw.shape[3] * scale, raw.shape[4] * scale)
        hidden = convolve(self.model.post_quant_conv, raw, Passage())
        video = self._through(partial(run_decoder, self.model.decoder), hidden, pieces, raw.shape[3], half)
        return video if config.patch_size is None else unpatchify(video, patch_size=config.patch_size)

    def _through(
        self,
        layers: Callable[[Tensor, Passage], Tensor],
        given: Tensor,
        pieces: Sequence[slice],
        height: int,
        half: bool,
    ) -> Tensor:
        """Every piece of the frames of `given`, whose latents have `height` rows, through the layers."""
        rows = self._rows.of(height)
        passage = Passage(half=half, in_pieces=len(pieces) > 1, rows=rows)
        given = given if rows is None else rows.cut(given)
        outputs, pace = [], Pace(given.device)
        for number, piece in enumerate(pieces):
            if number > 0:
                pace.between()
            outputs.append(layers(given[:, :, piece], passage))
            passage.first = False
        made = outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=2)
        return made if rows is None else rows.whole(made)

    def _pieces(self, latent_frames: int, height: int, width: int) -> list[slice]:
        """Of latent frames: all at once where they fit, else the first alone, as the causal layers want it, then as
        many at a time as fit."""
        frame = self._bytes_per_frame(height, width)
        if ((latent_frames - 1) * _TEMPORAL_STRIDE + 1) * frame <= self._piece_bytes:
            return [slice(0, latent_frames)]
        size = max(1, self._piece_bytes // (_TEMPORAL_STRIDE * frame))
        later = [slice(start, min(start + size, latent_frames)) for start in range(1, latent_frames, size)]
        return [slice(0, 1), *later]

    def _bytes_per_frame(self, height: int, width: int) -> int:
        channels = self.model.config.decoder_base_dim or self.model.config.base_dim
        return _LIVE_COPIES * int(channels) * height * width * int(self.dtype.itemsize)
