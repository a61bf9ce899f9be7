"""What of a rendered clip is kept, and what its record says."""

from __future__ import annotations

import io
import threading
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from flows.cluster import publish
from flows.cluster.publish import THUMBNAIL_WIDTH, store_clip
from flows.errors import StoreError
from flows.media import read_video
from flows.store import Store
from flows.store.backend import Fill
from flows.store.memory import MemoryBackend
from tests.flows.cluster.clips import real_clip

Frames = npt.NDArray[np.uint8]


@pytest.fixture
def store() -> Store:
    return Store(MemoryBackend())


@pytest.fixture
def frames() -> Frames:
    """Five frames of noise, each unlike the others."""
    return np.random.default_rng(3).integers(0, 256, (5, 32, 64, 3), np.uint8)


def test_every_frame_is_kept_without_loss(store: Store, frames: Frames) -> None:
    record = store_clip(store, real_clip("a"), frames, b"latents", seconds={})
    assert np.array_equal(list(read_video(store.local_path(record.video))), frames)
    assert store.read(record.latents) == b"latents"
    assert np.array_equal(Image.open(io.BytesIO(store.read(record.last_frame))), frames[-1])
    with Image.open(io.BytesIO(store.read(record.thumbnail))) as thumbnail:
        assert (thumbnail.format, thumbnail.width <= THUMBNAIL_WIDTH) == ("JPEG", True)


def test_the_record_says_what_was_rendered_where_and_in_which_time(store: Store, frames: Frames) -> None:
    clip = real_clip("a")
    record = store_clip(
        store,
        clip,
        frames,
        b"latents",
        seconds={"denoise": 3.0},
        peak_memory_bytes=7,
        placement="offload",
        determinism="cpu",
    )
    assert record.fingerprint == clip.fingerprint
    assert (record.num_frames, record.width, record.height, record.fps) == (5, 64, 32, clip.fps)
    assert (record.peak_memory_bytes, record.placement, record.determinism) == (7, "offload", "cpu")
    assert list(record.seconds) == ["denoise", "write"]
    assert 0 <= record.quality <= 1
    assert datetime.fromisoformat(record.created).tzinfo is not None
    assert record.worker == ""


def test_nothing_is_promised_before_its_blobs_are_there(store: Store, frames: Frames) -> None:
    record = store_clip(store, real_clip("a"), frames, b"latents", seconds={})
    assert store.intact(record)
    assert store.record(record.fingerprint) is None, "publishing it is the caller's last act"


@pytest.mark.parametrize("broken", ["write_clip", "png_bytes", "jpeg_bytes", "score_clip"])
def test_a_clip_that_cannot_be_kept_leaves_no_record_and_no_files(
    store: Store, frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(publish, broken, fail)
    clip, before = real_clip("a"), set(tmp_path.iterdir())
    with pytest.raises(OSError, match="disk"):
        store_clip(store, clip, frames, b"latents", seconds={})
    assert store.record(clip.fingerprint) is None
    assert set(tmp_path.iterdir()) == before


def test_equal_frames_are_kept_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    still: Frames = np.full((5, 32, 64, 3), 90, np.uint8)
    one, other = (store_clip(store, real_clip(name), still, b"latents", seconds={}) for name in "ab")
    assert one.blobs == other.blobs
    assert one.fingerprint != other.fingerprint


class Slow(MemoryBackend):
    """Each blob takes a while, and one of them cannot be written."""

    def __init__(self, full_after: int) -> None:
        super().__init__()
        self.left, self.at_once_seen, self._inside = full_after, 0, 0
        self._counting = threading.Lock()

    def put_blob(self, key: str, digest: str, fill: Fill) -> None:
        with self._counting:
            self._inside += 1
            self.at_once_seen = max(self.at_once_seen, self._inside)
            self.left -= 1
            full = self.left < 0
        time.sleep(0.05)
        with self._counting:
            self._inside -= 1
        if full:
            raise StoreError("no space left")
        super().put_blob(key, digest, fill)


def test_what_is_small_is_written_while_the_video_is_encoded(frames: Frames) -> None:
    slow = Slow(full_after=4)
    record = store_clip(Store(slow), real_clip("a"), frames, b"latents", seconds={})
    assert slow.at_once_seen >= 3
    assert Store(slow).intact(record)


@pytest.mark.parametrize("written", [0, 1, 2, 3])
def test_there_is_no_record_unless_every_blob_is_written(frames: Frames, written: int) -> None:
    with pytest.raises(StoreError, match="no space left"):
        store_clip(Store(Slow(written)), real_clip("a"), frames, b"latents", seconds={})
