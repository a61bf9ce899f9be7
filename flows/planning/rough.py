"""How long a clip takes when none like it was ever timed: from what it computes, and rates measured once. Pure.

A pass through a published transformer costs parameters × tokens for its matrix products and blocks × width × tokens²
for its attention; the autoencoder costs pixels × frames. The rates are those of an H200 in docs/benchmarks.md, whose
rows this meets within 12 %; the tiny family's are those of one CPU thread. Other machines differ: it is a rough guess
until the first film was rendered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from types import MappingProxyType

from flows.clips import ClipSpec
from flows.ledger import forwards
from wan.model.attention import AUTO, FLASH_3
from wan.placement.budget import MODELS
from wan.variants import VARIANTS

MATRIX_SECONDS = 2.82e-15
"""A parameter and token."""
ATTENTION_SECONDS = 7.0e-15
"""A block, channel of its width, and pair of tokens, by cuDNN."""
ATTENTION_SECONDS_BY: Mapping[str, float] = MappingProxyType({FLASH_3: 5.9e-15, "_native_flash": 11.3e-15})
"""The same by kernels that differ."""
EAGER = 1.13
"""Times as long when blocks are not compiled: 1.10 at 720p, 1.17 at 480p."""
DECODE_SECONDS, ENCODE_SECONDS = 0.050, 0.027
"""A megapixel and frame, of the autoencoder."""
MORE_TOKENS: Mapping[str, float] = MappingProxyType({"s2v-14b": 1.1})
"""Of the picture and of what went before, beside the clip's own."""
TINY_PIXELS, TINY_TOKEN_SECONDS, TINY_DECODE_SECONDS, TINY_ENCODE_SECONDS = 16, 1.3e-4, 1.2, 0.65


def rough_seconds(spec: ClipSpec, kernel: str, *, published: bool, flash_3: bool = False) -> float:
    """Seconds of one worker with the model loaded; of a model of the published sizes, or of the shipped tiny one.

    `kernel` computes the attention. `flash_3`: FlashAttention-3 is there for the kernel `auto`."""
    pixels, passes = spec.width * spec.height / 1e6, forwards(spec)
    decoded, encoded = (count * pixels for count in _through_autoencoder(spec))
    if not published:
        denoising = passes * TINY_TOKEN_SECONDS * _tokens(spec, TINY_PIXELS)
        return denoising + TINY_DECODE_SECONDS * decoded + TINY_ENCODE_SECONDS * encoded
    model = MODELS[spec.variant]
    tokens = _tokens(spec, model.stride) * MORE_TOKENS.get(spec.variant, 1)
    matrix = MATRIX_SECONDS * model.parameters * tokens
    quickest = FLASH_3 if flash_3 and kernel == AUTO else kernel
    attention = ATTENTION_SECONDS_BY.get(quickest, ATTENTION_SECONDS) * model.blocks * model.dim * tokens**2
    denoising = passes * (matrix + attention) * (1 if spec.numerics.compile else EAGER)
    return denoising + DECODE_SECONDS * decoded + ENCODE_SECONDS * encoded


def _tokens(spec: ClipSpec, pixels: int) -> float:
    """Of the clip's latents; a token is `pixels` wide and high, and four frames long."""
    return ceil(spec.num_frames / 4) * (spec.width / pixels) * (spec.height / pixels)


def _through_autoencoder(spec: ClipSpec) -> tuple[int, int]:
    """Frames that are decoded and encoded."""
    count = _FRAMES.get(spec.variant)
    return count(spec) if count else (spec.num_frames, 0)


def _speech(spec: ClipSpec) -> tuple[int, int]:
    """A clip that goes on from another one decodes what went before along with it; what a clip carries on is encoded
    anew."""
    motion = VARIANTS[spec.variant].carried_frames
    pose = spec.num_frames if any(medium.name == "pose" for medium in spec.media) else 0
    return spec.num_frames + (motion if spec.hand_off else 4), 1 + pose + motion


_FRAMES: Mapping[str, Callable[[ClipSpec], tuple[int, int]]] = MappingProxyType(
    {
        "t2v-a14b": lambda spec: (spec.num_frames, spec.num_frames if spec.strength is not None else 0),
        "i2v-a14b": lambda spec: (spec.num_frames, spec.num_frames),
        "ti2v-5b": lambda spec: (spec.num_frames, 1),
        "s2v-14b": _speech,
        "animate-14b": lambda spec: (spec.num_frames, 2 * spec.num_frames + 1),
        "vace-fun-a14b": lambda spec: (spec.num_frames, 2 * spec.num_frames),
    }
)
