"""Sound features to tokens: for every latent frame a few local ones and a global one.

Source: Wan-Video/Wan2.2, commit 42bf4cf, `casual_audio_encoder` (sic). Parameter names below it are the reference's.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_EPS = 1e-6


class CausalConv(nn.Module):
    """A convolution over time that sees the past only; before the beginning, the first frame is repeated."""

    def __init__(self, channels: int, out_channels: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv1d(channels, out_channels, kernel_size=3, stride=stride)

    def forward(self, values: Tensor) -> Tensor:
        """`[B, C, T]` → `[B, out_channels, ceil(T / stride)]`."""
        out: Tensor = self.conv(F.pad(values, (2, 0), mode="replicate"))
        return out


class SpeechEncoder(nn.Module):
    """Three causal convolutions of stride 1, 2, 2 over mixed features, once per local token and once for the global."""

    def __init__(self, audio_dim: int, dim: int, num_tokens: int) -> None:
        super().__init__()
        self.num_tokens = num_tokens
        self.conv1_local = CausalConv(audio_dim, dim // 4 * num_tokens)
        self.conv1_global = CausalConv(audio_dim, dim // 4)
        self.conv2 = CausalConv(dim // 4, dim // 2, stride=2)
        self.conv3 = CausalConv(dim // 2, dim, stride=2)
        self.final_linear = nn.Linear(dim, dim)
        self.padding_tokens = nn.Parameter(torch.zeros(1, 1, 1, dim))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, audio_dim, T]` → global `[B, T/4, 1, dim]` and local `[B, T/4, num_tokens + 1, dim]`, T/4 rounded up."""
        batch, _, length = features.shape
        local = self.conv1_local(features).reshape(batch * self.num_tokens, -1, length)
        local = self._rest(local)
        local = local.reshape(batch, self.num_tokens, *local.shape[1:]).transpose(1, 2)
        padding = self.padding_tokens.expand(batch, local.shape[1], -1, -1)
        whole = self.final_linear(self._rest(self.conv1_global(features))).unsqueeze(2)
        return whole, torch.cat([local, padding], dim=2)

    def _rest(self, hidden: Tensor) -> Tensor:
        """`[B, dim/4, T]` → `[B, T/4, dim]`."""
        hidden = self.conv2(_normal(hidden.transpose(1, 2)).transpose(1, 2))
        hidden = self.conv3(_normal(hidden.transpose(1, 2)).transpose(1, 2))
        return _normal(hidden.transpose(1, 2))


class CausalAudioEncoder(nn.Module):
    """Mixes the layers of the speech model with learned weights, then encodes them. Always in fp32."""

    def __init__(self, audio_dim: int, num_layers: int, dim: int, num_tokens: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.full((1, num_layers, 1, 1), 0.01))
        self.encoder = SpeechEncoder(audio_dim, dim, num_tokens)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features `[B, layers, audio_dim, T]` → global `[B, T/4, 1, dim]`, local `[B, T/4, num_tokens + 1, dim]`."""
        with torch.autocast(features.device.type, enabled=False):
            shares = F.silu(self.weights.float())
            mixed = (features.float() * shares / shares.sum(dim=1, keepdim=True)).sum(dim=1)
            tokens: tuple[Tensor, Tensor] = self.encoder(mixed)
        return tokens


def _normal(values: Tensor) -> Tensor:
    return F.silu(F.layer_norm(values, values.shape[-1:], eps=_EPS))
