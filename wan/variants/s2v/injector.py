"""How sound gets into S2V: after some blocks, the tokens of every latent frame attend to the sound of that frame."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from diffusers.models.transformers.transformer_wan import WanAttention, WanAttnProcessor
from torch import Tensor, nn

from wan.model.blocks import cross_attention

_EPS = 1e-5  # of the norm before the injection; the attention's own is the transformer's


class GlobalModulation(nn.Module):
    """A LayerNorm whose shift and scale follow the frame's global sound token."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, 2 * dim)

    def forward(self, tokens: Tensor, sound: Tensor) -> Tensor:
        """Tokens `[B, N, dim]` and sound `[B, dim]` → fp32 `[B, N, dim]`."""
        shift, scale = self.linear(F.silu(sound))[:, None].float().chunk(2, dim=2)
        normal: Tensor = F.layer_norm(tokens.float(), tokens.shape[-1:], eps=_EPS) * (1 + scale) + shift
        return normal


class AudioInjector(nn.Module):
    """One cross-attention and one modulation for every block in `layers`. Parameter names are the reference's."""

    def __init__(self, dim: int, num_heads: int, layers: Sequence[int], eps: float) -> None:
        super().__init__()
        self.number = {layer: number for number, layer in enumerate(layers)}
        self.injector = nn.ModuleList(
            WanAttention(
                dim=dim,
                heads=num_heads,
                dim_head=dim // num_heads,
                eps=eps,
                cross_attention_dim_head=dim // num_heads,
                processor=WanAttnProcessor(),
            )
            for _ in layers
        )
        self.injector_adain_layers = nn.ModuleList(GlobalModulation(dim) for _ in layers)

    def forward(self, tokens: Tensor, layer: int, whole: Tensor, local: Tensor) -> Tensor:
        """What the sound adds after block `layer` to the noisy tokens `[B, F · n, dim]`.

        `whole` `[B, F, 1, dim]` and `local` `[B, F, tokens, dim]` are the sound of each latent frame, in the dtype of
        the matrix products.
        """
        number = self.number[layer]
        batch, frames = local.shape[:2]
        by_frame = tokens.reshape(batch * frames, -1, tokens.shape[-1])
        sound = local.flatten(0, 1)
        normal = self.injector_adain_layers[number](by_frame, whole.flatten(0, 2)).to(sound.dtype)
        attention = self.injector[number]
        added = cross_attention(attention, normal, sound, plain=tokens.dtype == sound.dtype)
        return torch.unflatten(added, 0, (batch, frames)).flatten(1, 2)
