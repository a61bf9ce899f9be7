"""What a clip asks of a pipeline: everything the plan says by digest is read from the store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from flows.cluster.requests import CARRIED, carried_on, request_of
from flows.errors import BlobMissing
from flows.media import png_bytes, write_clip
from flows.plan.model import ClipLora, HandOff, Medium
from flows.store import Store
from tests.flows.cluster.clips import real_clip
from tests.flows.media.test_sound import tone
from tests.flows.records import empty_record


def test_sound_videos_and_references_become_fields_by_name(store: Store, tmp_path: Path) -> None:
    sound = store.put_file(tone(tmp_path / "a.wav", 0.5, 16_000))
    frames = np.zeros((8, 16, 16, 3), np.uint8)
    video = store.put_file(write_clip(frames, 16.0, tmp_path / "v.mkv"))
    pictures = [store.put_bytes(png_bytes(np.full((4, 4, 3), shade, np.uint8))) for shade in (1, 2)]
    media = (Medium("audio", sound), Medium("control", video), *(Medium("references", one) for one in pictures))
    request = request_of(replace(real_clip("x"), media=media, start_frame=4), store)
    assert request.audio is not None
    assert (request.audio.sample_rate, len(request.audio.samples)) == (16_000, 8_000)
    assert request.control is not None
    assert request.control.num_frames == 8
    assert [int(one[0, 0, 0]) for one in request.references] == [1, 2]
    assert request.start_frame == 4


def test_strength_scale_and_camera_are_told(store: Store, tmp_path: Path) -> None:
    video = store.put_file(write_clip(np.zeros((8, 16, 16, 3), np.uint8), 16.0, tmp_path / "v.mkv"))
    clip = replace(real_clip("x"), media=(Medium("video", video),), strength=0.6, control_scale=0.5, camera="pan left")
    request = request_of(clip, store)
    assert (request.strength, request.control_scale, request.camera) == (0.6, 0.5, "pan left")
    assert request.video is not None
    assert request.video.frames(0, 3).shape == (3, 16, 16, 3)


def test_loras_are_files_with_weights(store: Store) -> None:
    digest = store.put_bytes(b"weights")
    (lora,) = request_of(replace(real_clip("x"), loras=(ClipLora(digest, 0.5, "high"),)), store).loras
    assert (lora.digest, lora.weight, lora.expert) == (digest, 0.5, "high")
    assert lora.path.read_bytes() == b"weights"


def test_what_the_clip_before_carried_on_is_exact(store: Store) -> None:
    motion = torch.randn(1, 16, 19, 2, 2)
    blob = store.put_bytes(save({"latents": torch.zeros(1), CARRIED + "motion": motion}))
    store.publish(replace(empty_record("b" * 64), latents=blob))
    hand_off = HandOff(("b" * 64,), what="carried")
    clip = replace(real_clip("x"), hand_off=hand_off)
    request = request_of(clip, store)
    assert request.image is None
    assert request.carried is not None
    assert list(request.carried) == ["motion"]
    assert torch.equal(request.carried["motion"], motion)
    with pytest.raises(BlobMissing):
        carried_on(HandOff(("a" * 64,), what="carried"), store)
