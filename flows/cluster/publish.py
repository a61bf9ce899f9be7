"""From rendered frames to blobs in the store, and the record that names them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from flows.cluster.scores import score_clip
from flows.fields import plain
from flows.media import jpeg_bytes, png_bytes, write_clip
from flows.planning.model import Clip
from flows.store import ClipRecord, Store

THUMBNAIL_WIDTH = 480
"""Pixels; what a report shows of a shot."""
BESIDE = 3
"""Threads that write what is small while the video is encoded: disks make several things last in the time of one."""


def store_clip(
    store: Store,
    clip: Clip,
    frames: npt.NDArray[np.uint8],
    latents: bytes,
    *,
    seconds: Mapping[str, float],
    peak_memory_bytes: int = 0,
    placement: str = "",
    determinism: str = "",
    members: int = 1,
) -> ClipRecord:
    """Write the blobs of a clip, and return the record that promises them; publishing it is the caller's last act.

    `frames` are `[F, H, W, 3]`; they are kept without loss. `latents` is a safetensors file. Raises StoreError.
    """
    start = time.perf_counter()
    middle = frames[len(frames) // 2]
    with ThreadPoolExecutor(BESIDE, thread_name_prefix="write") as threads:
        kept = threads.submit(store.put_bytes, latents)
        last = threads.submit(lambda: store.put_bytes(png_bytes(frames[-1])))
        thumbnail = threads.submit(lambda: store.put_bytes(jpeg_bytes(middle, width=THUMBNAIL_WIDTH)))
        scores = threads.submit(score_clip, frames)
        with tempfile.TemporaryDirectory(prefix="wanflow-") as folder:
            path = write_clip(frames, clip.fps, Path(folder) / "clip.mkv")
            video = store.put_file(path)
    return ClipRecord(
        fingerprint=clip.fingerprint,
        video=video,
        latents=kept.result(),
        last_frame=last.result(),
        thumbnail=thumbnail.result(),
        num_frames=len(frames),
        fps=clip.fps,
        width=frames.shape[2],
        height=frames.shape[1],
        seed=clip.spec.seed,
        scores=scores.result(),
        seconds={**seconds, "write": round(time.perf_counter() - start, 4)},
        peak_memory_bytes=peak_memory_bytes,
        placement=placement,
        determinism=determinism,
        members=members,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        spec=plain(clip.spec),
    )
