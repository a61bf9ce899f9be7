"""How long a clip takes when none like it was ever timed: from what it computes, and rates measured once. Pure.

A pass through a published transformer costs parameters × tokens for its matrix products and blocks × width × tokens²
for its attention; the autoencoder costs pixels × frames. The rates are those of an H200 in docs/benchmarks.md, whose
rows this meets within 12 %; the tiny family's are those of one CPU thread. Other machines differ: it is a rough guess
until the first film was rendered.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flows.clips import ClipSpec
from flows.ledger import forwards
from flows.ledger.timings import gang_share
from wan.model.attention import AUTO, FLASH_3
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
TINY_PIXELS = 16
"""A token of the tiny family is wide and high, whatever the variant."""
TINY_TOKEN_SECONDS, TINY_DECODE_SECONDS, TINY_ENCODE_SECONDS = 1.3e-4, 1.2, 0.65


def rough_seconds(spec: ClipSpec, kernel: str, *, published: bool, flash_3: bool = False, members: int = 1) -> float:
    """Seconds of one worker with the model loaded; of a model of the published sizes, or of the shipped tiny one.

    `kernel` computes the attention. `flash_3`: FlashAttention-3 is there for the kernel `auto`.
    `members` processes render it together."""
    variant, pixels, passes = VARIANTS[spec.variant], spec.width * spec.height / 1e6, forwards(spec)
    given, follows = {each.name for each in spec.media}, spec.hand_off is not None
    decoded, encoded = (count * pixels for count in variant.coding.frames(spec.num_frames, given, follows=follows))
    token = None if published else TINY_PIXELS
    tokens = variant.tokens(spec.width, spec.height, spec.num_frames, follows=follows, pixels=token)
    if not published:
        denoising = passes * TINY_TOKEN_SECONDS * tokens * gang_share(members)
        return denoising + TINY_DECODE_SECONDS * decoded + TINY_ENCODE_SECONDS * encoded
    model = variant.transformer
    matrix = MATRIX_SECONDS * model.parameters * tokens
    quickest = FLASH_3 if flash_3 and kernel == AUTO else kernel
    attention = ATTENTION_SECONDS_BY.get(quickest, ATTENTION_SECONDS) * model.blocks * model.dim * tokens**2
    denoising = passes * (matrix + attention) * (1 if spec.numerics.compile else EAGER) * gang_share(members)
    return denoising + DECODE_SECONDS * decoded + ENCODE_SECONDS * encoded
