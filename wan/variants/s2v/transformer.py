"""The transformer of S2V-14B in the manner of diffusers, which has none: `from_pretrained`, `save_pretrained`, LoRA,
attention backends and compiled blocks work as on `WanTransformer3DModel`.

Tokens: [noisy video | the speaker's picture | the clip before]. A pose video is added to the noisy tokens, sound enters
by cross-attention frame by frame. Noisy tokens are at the timestep, all others at 0. Module names are those of
diffusers' unfinished port, so that checkpoints and LoRAs can be told apart by nothing but their weights.
Source of the arithmetic: Wan-Video/Wan2.2, commit 42bf4cf.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.loaders import PeftAdapterMixin
from diffusers.models.attention import AttentionMixin
from diffusers.models.embeddings import PixArtAlphaTextProjection, TimestepEmbedding
from diffusers.models.modeling_outputs import Transformer2DModelOutput
from diffusers.models.modeling_utils import ModelMixin
from diffusers.models.normalization import FP32LayerNorm
from torch import Tensor, nn

from wan.model.patches import latents_of_patches, time_waves
from wan.parallel.span import Span
from wan.variants.s2v.audio_tokens import CausalAudioEncoder
from wan.variants.s2v.blocks import WanS2VTransformerBlock
from wan.variants.s2v.facts import REFERENCE_CLASS
from wan.variants.s2v.frame_packer import FramePacker
from wan.variants.s2v.injector import AudioInjector
from wan.variants.s2v.keys import s2v_config
from wan.variants.s2v.rotary import motion_positions, picture_positions, rotary, video_positions

_NOISY, _PICTURE, _MOTION = 0, 1, 2  # rows of `trainable_condition_mask`


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """The sound of each latent frame: one global token `[B, F, 1, dim]`, and local ones `[B, F, n, dim]`."""

    whole: Tensor
    local: Tensor

    def to(self, dtype: torch.dtype) -> Sound:
        return Sound(self.whole.to(dtype), self.local.to(dtype))


class ConditionEmbedder(nn.Module):
    """Time, text, sound and pose to the model's width."""

    def __init__(
        self,
        *,
        dim: int,
        freq_dim: int,
        text_dim: int,
        audio_dim: int,
        num_audio_layers: int,
        num_audio_tokens: int,
        pose_channels: int,
        patch_size: tuple[int, int, int],
    ) -> None:
        super().__init__()
        self.freq_dim = freq_dim
        self.time_embedder = TimestepEmbedding(in_channels=freq_dim, time_embed_dim=dim)
        self.act_fn = nn.SiLU()
        self.time_proj = nn.Linear(dim, dim * 6)
        self.text_embedder = PixArtAlphaTextProjection(text_dim, dim, act_fn="gelu_tanh")
        self.causal_audio_encoder = CausalAudioEncoder(audio_dim, num_audio_layers, dim, num_audio_tokens)
        self.pose_embedder = nn.Conv3d(pose_channels, dim, kernel_size=patch_size, stride=patch_size)

    def time(self, timestep: Tensor) -> tuple[Tensor, Tensor]:
        """Of timesteps `[B]`: fp32, the head's embedding `[B, dim]` and the blocks' modulation `[B, 2, 6, dim]`, where
        the second is that of timestep 0."""
        moments = torch.cat([timestep, torch.zeros_like(timestep[:1])])
        with torch.autocast(timestep.device.type, enabled=False):
            embedded = self.time_embedder(time_waves(moments, self.freq_dim))
            steps = self.time_proj(self.act_fn(embedded)).unflatten(1, (6, -1))
        clean = steps[-1:].expand(len(timestep), -1, -1)
        return embedded[:-1], torch.stack([steps[:-1], clean], dim=1)


class WanS2VTransformer3DModel(ModelMixin, ConfigMixin, PeftAdapterMixin, AttentionMixin):  # type: ignore[misc]
    """S2V's transformer.

    `num_attention_heads` · `attention_head_dim` is the width `dim`; `ffn_dim` that of the feed-forward layers.
    `text_dim`, `audio_dim` are the widths of text embeddings and of the speech model's layers, of which there are
    `num_audio_layers`; `num_audio_tokens` local tokens are made for a latent frame, injected after each block in
    `audio_inject_layers`. `motion_frames` is the length of the clip before in frames, `motion_buckets` how its latent
    frames are packed, nearest first. Defaults are S2V-14B's.
    """

    _supports_gradient_checkpointing = False
    _no_split_modules: ClassVar[list[str]] = ["WanS2VTransformerBlock"]
    _repeated_blocks: ClassVar[list[str]] = ["WanS2VTransformerBlock"]
    _skip_layerwise_casting_patterns: ClassVar[list[str]] = [
        "patch_embedding",
        "condition_embedder",
        "trainable_condition_mask",
        "frame_packer",
        "norm",
    ]
    _keep_in_fp32_modules: ClassVar[list[str]] = [
        "time_embedder",
        "time_proj",
        "scale_shift_table",
        "norm1",
        "norm2",
        "norm3",
        "causal_audio_encoder",
    ]

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        patch_size: tuple[int, int, int] = (1, 2, 2),
        num_attention_heads: int = 40,
        attention_head_dim: int = 128,
        in_channels: int = 16,
        out_channels: int = 16,
        text_dim: int = 4096,
        freq_dim: int = 256,
        ffn_dim: int = 13824,
        num_layers: int = 40,
        eps: float = 1e-6,
        audio_dim: int = 1024,
        num_audio_layers: int = 25,
        num_audio_tokens: int = 4,
        audio_inject_layers: tuple[int, ...] = (0, 4, 8, 12, 16, 20, 24, 27, 30, 33, 36, 39),
        pose_channels: int = 16,
        motion_frames: int = 73,
        motion_buckets: tuple[int, ...] = (1, 2, 16),
    ) -> None:
        super().__init__()
        if any(layer not in range(num_layers) for layer in audio_inject_layers):
            raise ValueError(f"audio_inject_layers {audio_inject_layers} name blocks beyond the {num_layers} there are")
        if (motion_frames - 1) // 4 + 1 != sum(motion_buckets):
            raise ValueError(f"{motion_frames} motion frames do not fill the buckets {motion_buckets}")
        dim = num_attention_heads * attention_head_dim
        self.patch_embedding = nn.Conv3d(in_channels, dim, kernel_size=patch_size, stride=patch_size)
        self.frame_packer = FramePacker(in_channels, dim, motion_buckets)
        self.trainable_condition_mask = nn.Embedding(3, dim)
        self.condition_embedder = ConditionEmbedder(
            dim=dim,
            freq_dim=freq_dim,
            text_dim=text_dim,
            audio_dim=audio_dim,
            num_audio_layers=num_audio_layers,
            num_audio_tokens=num_audio_tokens,
            pose_channels=pose_channels,
            patch_size=patch_size,
        )
        self.blocks = nn.ModuleList(
            WanS2VTransformerBlock(dim, ffn_dim, num_attention_heads, cross_attn_norm=True, eps=eps)
            for _ in range(num_layers)
        )
        self.audio_injector = AudioInjector(dim, num_attention_heads, audio_inject_layers, eps)
        self.norm_out = FP32LayerNorm(dim, eps, elementwise_affine=False)
        self.proj_out = nn.Linear(dim, out_channels * math.prod(patch_size))
        self.scale_shift_table = nn.Parameter(torch.randn(1, 2, dim) / dim**0.5)

    @classmethod
    def from_config(cls, config: Any = None, return_unused_kwargs: bool = False, **kwargs: Any) -> Any:
        """As in diffusers; a configuration in the reference's words is translated. Raises `CheckpointError`."""
        if isinstance(config, Mapping) and config.get("_class_name") == REFERENCE_CLASS:
            config = s2v_config(config)
        return super().from_config(config, return_unused_kwargs, **kwargs)

    @property
    def motion_latent_frames(self) -> int:
        """The length of the clip before in latent frames."""
        return sum(self.config.motion_buckets)

    def sound(self, audio_embeds: Tensor) -> Sound:
        """Features `[B, layers, audio_dim, T]`, one a frame, to fp32 tokens of F latent frames, where F is
        (T + 3 + motion frames) // 4 − motion latent frames. Before the clip, its first frame's sound is repeated."""
        before = audio_embeds[..., :1].expand(-1, -1, -1, self.config.motion_frames)
        whole, local = self.condition_embedder.causal_audio_encoder(torch.cat([before, audio_embeds], dim=-1))
        return Sound(whole[:, self.motion_latent_frames :], local[:, self.motion_latent_frames :])

    def noisy_offset(self, pose_latents: Tensor | None) -> Tensor:
        """What is added to the noisy tokens whatever they are, `[B, N, dim]`, or `[1, 1, dim]` without a pose."""
        embedder = self.condition_embedder.pose_embedder
        if pose_latents is None:  # as for a pose of zeros, of which only the bias is left
            pose: Tensor = embedder.get_parameter("bias")[None, None]
        else:
            pose = embedder(pose_latents.to(embedder.weight.dtype)).flatten(2).transpose(1, 2)
        offset: Tensor = pose + self.trainable_condition_mask.weight[_NOISY]
        return offset

    def clean_tokens(self, image_latents: Tensor, motion_latents: Tensor | None) -> Tensor:
        """Tokens of the speaker's picture `[B, C, 1, h, w]`, and of the clip before `[B, C, M, h, w]` if any."""
        dtype, marks = self.patch_embedding.weight.dtype, self.trainable_condition_mask.weight
        picture: Tensor = self.patches(image_latents) + marks[_PICTURE]
        if motion_latents is None:
            return picture
        return torch.cat([picture, self.frame_packer(motion_latents.to(dtype)) + marks[_MOTION]], dim=1)

    def rotary(self, frames: int, rows: int, columns: int, *, with_motion: bool) -> tuple[Tensor, Tensor]:
        """Cosines and sines of all tokens, for a latent video of `frames` × `rows` × `columns`."""
        height, width = rows // self.config.patch_size[1], columns // self.config.patch_size[2]
        positions = [video_positions(frames, height, width), picture_positions(height, width)]
        if with_motion:
            positions.append(motion_positions(self.config.motion_buckets, height, width))
        device = self.scale_shift_table.device
        return rotary(torch.cat(positions).to(device), self.config.attention_head_dim)

    def patches(self, latents: Tensor) -> Tensor:
        """Noisy latents `[B, C, F, h, w]` to tokens `[B, N, dim]`, without the offset."""
        tokens: Tensor = self.patch_embedding(latents.to(self.patch_embedding.weight.dtype))
        return tokens.flatten(2).transpose(1, 2)

    def head(self, tokens: Tensor, time: Tensor) -> Tensor:
        """Noisy tokens `[B, N, dim]`, time embedding `[B, dim]` → velocities of their patches `[B, N, C · patch]`."""
        shift, scale = (self.scale_shift_table.float() + time[:, None]).chunk(2, dim=1)
        normal = (self.norm_out(tokens.float()) * (1 + scale) + shift).type_as(tokens)
        patches: Tensor = self.proj_out(normal)
        return patches

    def forward(
        self,
        hidden_states: Tensor,
        timestep: Tensor,
        encoder_hidden_states: Tensor,
        image_latents: Tensor,
        audio_embeds: Tensor,
        motion_latents: Tensor | None = None,
        pose_latents: Tensor | None = None,
        return_dict: bool = True,
    ) -> Any:
        """The velocity of noisy latents, `[B, C, F, h, w]`, in a `Transformer2DModelOutput` or a tuple.

        `timestep` `[B]`; `encoder_hidden_states` `[B, L, text_dim]`, padded with zero rows to the text length;
        `image_latents` `[B, C, 1, h, w]`; `audio_embeds` `[B, layers, audio_dim, T]` with one feature a frame;
        `motion_latents` `[B, C, M, h, w]`, None in a first clip; `pose_latents` `[B, C, F, h, w]`, None without a pose.
        The residual stream has the dtype of `hidden_states`; matrix products that of the projected text, so that under
        autocast fp32 latents keep an fp32 stream.
        """
        text = self.condition_embedder.text_embedder(encoder_hidden_states)
        sound = self.sound(audio_embeds).to(text.dtype)
        time, steps = self.condition_embedder.time(timestep)
        frames, rows, columns = hidden_states.shape[2:]
        turns = self.rotary(frames, rows, columns, with_motion=motion_latents is not None)
        tokens = self.patches(hidden_states) + self.noisy_offset(pose_latents)
        noisy = tokens.shape[1]
        tokens = torch.cat([tokens, self.clean_tokens(image_latents, motion_latents)], dim=1).to(hidden_states.dtype)
        for layer, block in enumerate(self.blocks):
            tokens = block(tokens, text, steps, turns, noisy)
            if self.hears(layer):
                tokens = self.inject(tokens, layer, sound, noisy)
        patches, grid = self.head(tokens[:, :noisy], time), self.grid(frames, rows, columns)
        velocity = latents_of_patches(patches, grid, self.config.patch_size)
        return Transformer2DModelOutput(sample=velocity) if return_dict else (velocity,)

    def hears(self, layer: int) -> bool:
        """Whether sound enters behind this block."""
        return layer in self.audio_injector.number

    def inject(self, tokens: Tensor, layer: int, sound: Sound, noisy: int, span: Span | None = None) -> Tensor:
        """Lets the noisy tokens hear the sound of their frame, behind a block that `hears`. The first `noisy` of the
        row are; `tokens` are a `span` of the row, or all of it."""

        def hear(whole: Tensor, frames: slice) -> Tensor:
            heard: Tensor = self.audio_injector(whole, layer, sound.whole[:, frames], sound.local[:, frames])
            return heard

        span = span or Span(tokens.shape[1])
        return span.add(tokens, span.by_frames(tokens, noisy, noisy // sound.local.shape[1], hear))

    def grid(self, frames: int, rows: int, columns: int) -> tuple[int, int, int]:
        """A latent video in patches."""
        deep, high, wide = self.config.patch_size
        return frames // deep, rows // high, columns // wide
