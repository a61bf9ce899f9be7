"""What each placement takes on the device and on the host, from sizes alone, and which one fits. Pure, no torch.

Sizes are those of the variants (`wan.variants.sizes`): weights are counted from the released models' parameters. What a
step and the decoder need beside them was measured on an H200 (docs/benchmarks.md) and grows with the number of tokens
and of pixels. A test holds the sums to a tenth of what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wan.placement.modes import PLACEMENTS, Placement
from wan.request import Precision
from wan.variants import VARIANTS

_TRANSFORMER_BYTES: Mapping[Precision, float] = {
    "fp32": 4,
    "bf16": 2,
    "reference": 2.04,
    "fp8_storage": 1.055,
    "fp8": 1.055,
}
"""A parameter, with what stays in a wider type."""
_STEP_BYTES = 29  # a token and channel of the model's width
_EAGER_STEP_BYTES = (
    40  # the same where the exact precisions are not compiled: their fp32 steps are tensors of their own
)
_REST = 0.022  # of a transformer's weights: what is in none of its blocks
_TEXT_EMBEDDING = 256384 * 4096  # parameters of UMT5's table of words, which is not streamed
_TEXT_WIDE = 24 * 4096 * 10240  # parameters of UMT5 that stay in fp32
_PIECE_BYTES, _LIVE_COPIES = 12 << 30, 8  # by which `wan.model.vae` cuts a video on a GPU
_MORE_FRAMES_BYTES = 10.0e3  # a pixel, for every latent frame of a piece beside the first
_TILED_BYTES = 60  # a frame's pixel of the whole video, decoded in tiles
_WHOLE_BYTES = 3700  # a frame's pixel, when a short video is decoded at once
_MARGIN = 0.94  # of a device's memory; the rest is the driver's, and lost between allocations
_HOST_LEFT = 6e9  # bytes of the host for everything else
_LOW_VRAM_HOST = 8e9
_READING = 4e9  # bytes of the host beside the weights: the process, and pages that are being read
TEXT_PARAMETERS, TEXT_BLOCKS = 5.68e9, 24


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that a placement takes at its peak."""

    device: float
    host: float


@dataclass(frozen=True, slots=True)
class Job:
    """A clip to make room for."""

    variant: str
    width: int
    height: int
    num_frames: int
    precision: Precision = "bf16"
    compiled: bool = False
    tiled: bool = False

    @property
    def tokens(self) -> int:
        """Of the transformer, for a clip that goes on from another one: there is room for every clip of a shot."""
        return round(VARIANTS[self.variant].tokens(self.width, self.height, self.num_frames))


def need(job: Job, placement: Placement) -> Need:
    """What the clip takes at its peak under a placement."""
    variant = VARIANTS[job.variant]
    vae, encoders = variant.autoencoder.nbytes, variant.encoder_bytes
    transformer = variant.transformer.parameters * _TRANSFORMER_BYTES[job.precision]
    text = TEXT_PARAMETERS * 4 if job.precision == "fp32" else (TEXT_PARAMETERS + _TEXT_WIDE) * 2
    step = step_bytes(job)
    decode = vae + decode_bytes(job)
    everything = transformer * variant.experts + text + vae + encoders
    if placement == "resident":
        return Need(everything + max(step, decode - vae), _READING)
    if placement == "expert_swap":
        return Need(max(text, transformer + step, decode, encoders), everything + _READING)
    at_once = 2 if placement == "offload" else 1
    block = transformer * (1 - _REST) / variant.transformer.blocks
    words = _TEXT_EMBEDDING * text / TEXT_PARAMETERS
    device = max(words + at_once * (text - words) / TEXT_BLOCKS, transformer * _REST + at_once * block + step, decode)
    return Need(device, everything + _READING if placement == "offload" else _LOW_VRAM_HOST)


def step_bytes(job: Job) -> float:
    """What a step takes beside the transformer's weights."""
    model = VARIANTS[job.variant].transformer
    wide = job.precision in ("reference", "fp8_storage", "fp8") and not job.compiled
    each = _EAGER_STEP_BYTES if wide else _STEP_BYTES * (2 if job.precision == "fp32" else 1)
    return job.tokens * model.dim * each * model.step


def decode_bytes(job: Job) -> float:
    """What decoding takes beside the autoencoder's weights."""
    vae, pixels = VARIANTS[job.variant].autoencoder, job.width * job.height
    if job.tiled:
        return _TILED_BYTES * pixels * job.num_frames
    each = vae.decode_fp32_bytes if job.precision == "fp32" else vae.decode_bytes
    more = _latent_frames_at_once(pixels, vae.widest) - 1
    return min(_WHOLE_BYTES * job.num_frames, each + _MORE_FRAMES_BYTES * more) * pixels


def _latent_frames_at_once(pixels: int, channels: int) -> int:
    """How many the decoder takes of a video that is too long for one pass (`wan.model.vae.Vae`)."""
    return max(1, _PIECE_BYTES // (_LIVE_COPIES * channels * pixels * 4 * 4))


def choose(job: Job, device_bytes: float, host_bytes: float) -> Placement | None:
    """The quickest placement that fits a device and a host with so much memory; None when not even the leanest does."""
    for placement in PLACEMENTS:
        needed = need(job, placement)
        if needed.device <= device_bytes * _MARGIN and needed.host <= host_bytes - _HOST_LEFT:
            return placement
    return None


def table(
    device_bytes: float,
    host_bytes: float,
    precision: Precision = "bf16",
    *,
    compiled: bool = False,
    tiled: bool = False,
) -> Iterator[tuple[Job, Placement | None]]:
    """Every released variant at its large and its small size, and the placement that would be chosen."""
    for name, variant in VARIANTS.items():
        for width, height in dict.fromkeys([variant.size, variant.small_size]):
            job = Job(name, width, height, variant.num_frames, precision, compiled, tiled)
            yield job, choose(job, device_bytes, host_bytes)
