"""Guards `render_epoch`: the pixels of the tiny family's clips on a CPU, against those written down in `golden/`.

When this fails and the change is meant, raise the variant's `render_epoch` in `wan/variants.py` and write new pixels:

    WANFLOW_WRITE_GOLDEN=1 pytest tests/wan/test_golden.py

New weights change the checkpoint's revision, which is in every fingerprint: then the epoch stays, and only the pixels
are written anew.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from wan.families import FAMILIES
from wan.load import load_pipeline
from wan.request import ArrayVideo, Audio, ClipRequest, Frames
from wan.variants import VARIANTS
from wan.weights.checkpoint import Checkpoint

GOLDEN = Path(__file__).parent / "golden"
BLOCK = 8  # pixels averaged in each direction: 576 values a frame
# Of 255. Another CPU computes the same to about 1e-3; a wrong schedule, mask or guidance is off by ten and more.
MEAN_TOLERANCE, LARGEST_TOLERANCE = 0.5, 6.0


def _request(variant: str) -> ClipRequest:
    role = FAMILIES["tiny"].roles[variant]
    assert role.sampling is not None
    assert role.num_frames is not None
    width, height = role.size or (256, 144)
    rows, columns = np.mgrid[0:height, 0:width]
    picture = np.stack([rows + 60, columns // 2 + 40, 200 - rows], axis=-1).astype(np.uint8)
    picture[60:90, 40:80] = (220, 30, 40)
    given = VARIANTS[variant].needs
    moving = np.stack([np.roll(picture, 4 * frame, axis=1) for frame in range(role.num_frames)])
    return ClipRequest(
        prompt="a red box moves left to right, over water at noon",
        width=width,
        height=height,
        num_frames=role.num_frames,
        sampling=replace(role.sampling, num_inference_steps=4),
        seed=7,
        image=picture if "image" in given else None,
        audio=_tone() if "audio" in given else None,
        pose=ArrayVideo(moving) if "motion" in given else None,
        face=ArrayVideo(np.ascontiguousarray(moving[:, :32, :32])) if "motion" in given else None,
        control=ArrayVideo(moving) if "control" in given else None,
        mask=ArrayVideo(_lower_half(moving)) if "control" in given else None,
        references=(picture,) if "control" in given else (),
    )


def _lower_half(video: Frames) -> Frames:
    """A mask of it."""
    mask = np.zeros_like(video)
    mask[:, video.shape[1] // 2 :] = 255
    return mask


def _tone() -> Audio:
    """Two seconds that swell and fade."""
    time = np.arange(32_000) / 16_000
    return Audio((np.sin(2 * np.pi * 220 * time) * np.sin(np.pi * time) ** 2).astype(np.float32), 16_000)


def _summary(frames: Frames) -> npt.NDArray[np.float32]:
    kept = frames[::8].astype(np.float32)
    count, height, width, _ = kept.shape
    blocks: npt.NDArray[np.float32] = kept.reshape(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    return np.asarray(blocks.mean(axis=(2, 4)), np.float32)


@pytest.mark.parametrize("variant", sorted(FAMILIES["tiny"].roles))
def test_pixels_are_those_of_the_render_epoch(variant: str) -> None:
    checkpoint = Checkpoint.open(FAMILIES["tiny"], variant)
    pipeline = load_pipeline(variant, checkpoint, device="cpu")
    found = _summary(pipeline.decode(pipeline.advance(pipeline.encode(_request(variant)))))
    file, epoch = GOLDEN / f"{variant}.npz", VARIANTS[variant].render_epoch
    if os.environ.get("WANFLOW_WRITE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        np.savez_compressed(file, pixels=found.astype(np.float16), revision=checkpoint.revision, epoch=epoch)
    with np.load(file) as golden:
        wanted, revision, written = golden["pixels"].astype(np.float32), str(golden["revision"]), int(golden["epoch"])
    assert revision == checkpoint.revision, "the tiny family has new weights: write the golden pixels anew"
    assert written == epoch, "the render epoch was raised: write the golden pixels anew"
    difference = np.abs(found - wanted)
    changed = f"the pixels of {variant} changed: raise its render_epoch if that is meant"
    assert difference.mean() < MEAN_TOLERANCE, changed
    assert difference.max() < LARGEST_TOLERANCE, changed
