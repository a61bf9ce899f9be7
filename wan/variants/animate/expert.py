"""Animate's transformer: velocities for noisy latents, with what does not change from step to step computed once.

The layers are those of diffusers' `WanAnimateTransformer3DModel`. Once a clip: the projections of prompts and picture,
the face's tokens, the embedding of the pose.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from wan.model.blocks import attend
from wan.model.expert import Context, Expert
from wan.model.loop import Hook, Step

_TEXT_LENGTH = 512
"""The blocks tell picture and prompt apart by it: a prompt is always that long, zeros at its end."""


@dataclass(frozen=True, slots=True, eq=False)
class AnimateContext(Context):
    """What a clip's steps share. `texts` are picture and prompt in one row of tokens; `pose` tokens `[1, F·h·w/4, dim]`
    of the frames behind the person's slot; `faces` tokens `[1, 1 + F, n, dim]` for each prompt."""

    pose: Tensor
    faces: tuple[Tensor, ...]


class AnimateExpert(Expert):
    """A `WanAnimateTransformer3DModel`."""

    @property
    def face_size(self) -> int:
        """The side in pixels of the square pictures of a face."""
        return int(self.model.config.motion_encoder_size)

    def motions(self, faces: Tensor) -> Tensor:
        """What each face does: fp32 `[1, T, D]` from `[T, 3, size, size]` in [−1, 1]."""
        encoder, count = self.model.motion_encoder, int(self.model.config.motion_encoder_batch_size)
        weight = self.model.patch_embedding.weight
        motions = [encoder(piece.to(weight.device, weight.dtype)) for piece in torch.split(faces, count)]
        return torch.cat(motions)[None].float()

    def clip_context(
        self, texts: Sequence[Tensor], latents: Tensor, *, features: Tensor, pose: Tensor, motions: Sequence[Tensor]
    ) -> AnimateContext:
        """Prepare prompts `[1, L, D]` and, for each of them, motions of a face `[1, T, D]`; `features` of the picture
        `[1, 257, D]`; `pose` latents fp32 `[1, 16, F, h, w]`; `latents` as the noise `[1, 16, 1 + F, h, w]`."""
        model = self.model
        padded = [F.pad(text, (0, 0, 0, _TEXT_LENGTH - text.shape[1])) for text in texts]
        plain = self.context(padded, latents)
        with self._wide():
            picture = model.condition_embedder.image_embedder(features.to(latents.device, self.dtype)).to(self.dtype)
            moved = model.pose_patch_embedding(pose.to(latents.device, self.dtype))
            faces = tuple(self._face_tokens(motion.to(latents.device)) for motion in motions)
        return AnimateContext(
            texts=tuple(torch.cat([picture, text], dim=1) for text in plain.texts),
            rotary=plain.rotary,
            pose=moved.flatten(2).transpose(1, 2),
            faces=faces,
        )

    def embed(self, inputs: Tensor, context: Context) -> Tensor:
        assert isinstance(context, AnimateContext)
        tokens = super().embed(inputs, context)
        tokens[:, -context.pose.shape[1] :] += context.pose
        return tokens

    def beside(self, tokens: Tensor, context: Context, step: Step) -> Hook:
        """The face is looked at behind every few blocks: each latent frame sees its own."""
        assert isinstance(context, AnimateContext)
        faces, every, span = context.faces, self.model.config.inject_face_latents_blocks, step.span
        per_frame = span.tokens // faces[0].shape[1]

        def look(index: int, branches: list[Tensor]) -> None:
            if index % every:
                return
            adapter = self.model.face_adapter[index // every]
            for place, prompt in enumerate(step.mine):
                see = partial(self._seen, adapter, faces[prompt])
                seen = span.by_frames(branches[place], span.tokens, per_frame, see)
                branches[place] = span.add(branches[place], seen)

        return look

    def _seen(self, adapter: Any, faces: Tensor, tokens: Tensor, frames: slice) -> Tensor:
        """What the tokens of these latent frames see, each of the face in its frame."""
        faces = faces[:, frames]
        if tokens.dtype == self.dtype:
            seen: Tensor = adapter(tokens, faces)
            return seen
        return _look_at_face(adapter, tokens, faces, self.dtype)

    def _face_tokens(self, motions: Tensor) -> Tensor:
        """`[1, 1 + F, n, dim]`; the person's slot has none: zeros."""
        tokens = self.model.face_encoder(motions.to(self.dtype)).to(torch.float32 if self.exact else self.dtype)
        return torch.cat([torch.zeros_like(tokens[:, :1]), tokens], dim=1)

    def _wide(self) -> AbstractContextManager[Any]:
        """The reference's autocast: matrix products in bf16, norms in fp32."""
        if not self.exact:
            return nullcontext()
        return torch.autocast(self.model.patch_embedding.weight.device.type, self.dtype)


def _look_at_face(adapter: Any, tokens: Tensor, faces: Tensor, compute: torch.dtype) -> Tensor:
    """diffusers' `WanAnimateFaceBlockCrossAttention` with norms in fp32 and products in `compute`."""
    per_head = (adapter.heads, -1)
    seen = adapter.pre_norm_kv(faces)[0].to(compute)  # [1 + F, n, dim]
    query = _normalised(adapter.norm_q, adapter.to_q(adapter.pre_norm_q(tokens).to(compute)).unflatten(2, per_head))
    key = _normalised(adapter.norm_k, adapter.to_k(seen).unflatten(2, per_head))
    value = adapter.to_v(seen).unflatten(2, per_head)
    query = query.view(len(seen), -1, *query.shape[2:])  # the tokens of a latent frame, frame by frame
    mixed = attend(adapter, query.to(compute), key.to(compute), value)
    out: Tensor = adapter.to_out(mixed.flatten(0, 1)[None])
    return out


def _normalised(norm: Any, values: Tensor) -> Tensor:
    """RMS norm over a head, in fp32."""
    return F.rms_norm(values.float(), norm.normalized_shape, norm.weight.float(), norm.eps)
