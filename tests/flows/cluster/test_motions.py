"""Driving videos prepared by real (small) ONNX models and a small SAM 2, stored, and read by a worker."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from flows.clips import Medium
from flows.cluster.failures import Blame, blame_of, fault_of
from flows.cluster.motions import prepare_motion
from flows.cluster.renderers import Report
from flows.cluster.requests import request_of
from flows.errors import BlobMissing, Stopped, UserError
from flows.events import MOTION
from flows.media import write_clip
from flows.planning.model import Clip
from flows.planning.motion import MADE_FROM, PREPARED, prepared_key
from flows.resolve.motion import MASKS, POSES, motion_models
from flows.store import Store, open_store
from flows.store.layout import with_named_blobs
from flows.store.prepared import is_prepared, prepared, put_prepared
from tests.flows.cluster.clips import real_clip
from tests.flows.made import changed
from tests.wan.variants.animate.preprocess.conftest import save_detector, save_pose_model, small_sam2
from wan.errors import CheckpointError
from wan.variants.animate.preprocess.key import (
    DETECTOR,
    POSE,
    Mode,
    PreprocessSettings,
    models_digest,
    preprocess_key,
)
from wan.variants.animate.preprocess.models import PreprocessModels, load_models
from wan.weights.places import MANIFEST


@pytest.fixture(scope="module", autouse=True)
def models(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("models")
    save_detector(home / POSES / DETECTOR)
    save_pose_model(home / POSES / POSE)
    small_sam2().save_pretrained(home / MASKS)
    for name in (POSES, MASKS):
        (home / name / MANIFEST).write_text("{}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANFLOW_MODELS", str(home))
        patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        yield home


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def _video(path: Path, *, seen: bool = True) -> Path:
    """Twelve frames at 24 a second of a bright person who walks to the right."""
    frames = np.full((12, 80, 120, 3), 20, np.uint8)
    for number, frame in enumerate(frames):
        if seen:
            frame[20:70, 10 + 4 * number : 34 + 4 * number] = 240
    return write_clip(frames, 24.0, path)


def _clip(tmp_path: Path, store: Store, mode: Mode = "animate", *, seen: bool = True, fps: float = 12) -> Clip:
    """Of a shot that a driving video moves; pictures and video are in the store."""
    picture = tmp_path / "person.png"
    Image.new("RGB", (60, 40), "white").save(picture)
    video, image = store.put_file(_video(tmp_path / "dance.mkv", seen=seen)), store.put_file(picture)
    models = models_digest(*motion_models(None, replaces=mode == "replace"))
    key = preprocess_key(video, None, models, PreprocessSettings(mode=mode, size=(64, 48), fps=fps))
    media = (Medium(MADE_FROM, video, mode), Medium(PREPARED, key))
    made: dict[str, Any] = {"variant": "animate-14b", "width": 64, "height": 48, "fps": fps, "media_fps": fps}
    return changed(real_clip("dance"), image=image, media=media, **made)


def _key(clip: Clip) -> str:
    key = prepared_key(clip)
    assert key is not None
    return key


class Heard:
    """A report that keeps what it is told; `stops_at` frames of a video were read, it wants to stop."""

    def __init__(self, stops_at: float = float("inf")) -> None:
        self.steps: list[tuple[str, int, int]] = []
        self._stops_at = stops_at

    def progress(self, stage: str, step: int, steps: int) -> None:
        self.steps.append((stage, step, steps))

    def should_stop(self) -> bool:
        return len(self.steps) > self._stops_at


def _prepare(clip: Clip, store: Store, report: Report | None = None) -> None:
    prepare_motion(clip, store, None, torch.device("cpu"), report or Heard())


def test_a_driving_video_is_prepared_once_at_the_shots_size_and_rate(tmp_path: Path, store: Store) -> None:
    clip, heard = _clip(tmp_path, store), Heard()
    _prepare(clip, store, heard)
    assert heard.steps[0] == (MOTION, 0, 1)
    assert heard.steps[-1] == (MOTION, 1, 1)
    assert all(step < steps for _, step, steps in heard.steps[:-1])  # only the last one says that they are there
    request = request_of(clip.spec, store)
    assert request.pose is not None
    assert request.face is not None
    assert (request.pose.num_frames, request.face.num_frames) == (6, 6)  # 24 frames a second become 12
    assert request.pose.frames(0, 6).shape == (6, 48, 64, 3)
    assert request.face.frames(0, 1).shape == (1, 512, 512, 3)
    assert (request.background, request.mask) == (None, None)
    again = Heard()
    _prepare(clip, store, again)
    assert again.steps == [(MOTION, 1, 1)]


def test_a_clip_without_a_driving_video_asks_for_nothing(tmp_path: Path, store: Store) -> None:
    heard = Heard()
    _prepare(real_clip("dance"), store, heard)
    assert heard.steps == []


def test_to_replace_a_person_background_and_mask_are_made_too(tmp_path: Path, store: Store) -> None:
    clip = _clip(tmp_path, store, "replace")
    _prepare(clip, store)
    request = request_of(clip.spec, store)
    assert request.mask is not None
    assert request.background is not None
    mask, background = request.mask.frames(0, 6), request.background.frames(0, 6)
    assert mask.shape == background.shape == (6, 48, 64, 3)
    assert not background[mask > 127].any()


def test_what_was_lost_from_the_store_is_prepared_again(tmp_path: Path, store: Store) -> None:
    clip = _clip(tmp_path, store)
    put_prepared(store, _key(clip), {"pose": "2" * 64, "face": "3" * 64})
    assert not is_prepared(store, _key(clip))
    _prepare(clip, store)
    assert is_prepared(store, _key(clip))


def test_a_clip_whose_videos_were_lost_meanwhile_says_so(tmp_path: Path, store: Store) -> None:
    with pytest.raises(BlobMissing, match="prepared from a driving video"):
        request_of(_clip(tmp_path, store).spec, store)


def test_a_video_without_a_person_is_the_clips_fault(tmp_path: Path, store: Store) -> None:
    clip = _clip(tmp_path, store, seen=False)
    with pytest.raises(UserError, match=r"motion\.video: no person is to be seen in frames 0 to 5") as caught:
        _prepare(clip, store)
    assert blame_of(caught.value) is Blame.CLIP
    named = with_named_blobs(str(caught.value), {clip.spec.media[0].digest: "films/dance.mkv"})
    assert named.startswith("films/dance.mkv: motion.video: no person")
    assert prepared(store, _key(clip)) is None


def test_the_models_are_let_go_when_a_video_fails(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = _clip(tmp_path, store, seen=False)
    loaded: list[weakref.ref[object]] = []
    alive: list[bool] = []

    def noted(*folders: Path, device: str) -> PreprocessModels:
        models = load_models(*folders, device=device)
        loaded.append(weakref.ref(models.detector))
        return models

    monkeypatch.setattr("wan.variants.animate.preprocess.models.load_models", noted)
    monkeypatch.setattr("torch.cuda.empty_cache", lambda: alive.extend(one() is not None for one in loaded))
    with pytest.raises(UserError, match="no person"):
        _prepare(clip, store)
    assert alive == [False]


def test_several_people_are_told_of(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("wan.variants.animate.preprocess.prepare.most_people", lambda _: 3)
    _prepare(_clip(tmp_path, store), store)
    assert "up to 3 people are seen at once" in caplog.text


def test_missing_models_are_the_machines_fault_and_of_this_variant_alone(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = _clip(tmp_path, store)
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path / "nowhere"))
    with pytest.raises(CheckpointError, match="wanflow models pull animate-pose") as caught:
        _prepare(clip, store)
    fault = fault_of(clip.fingerprint, caught.value)
    assert (fault.blame, fault.every_variant) == (Blame.NODE, False)


def test_models_that_were_not_planned_with_are_refused(tmp_path: Path, store: Store) -> None:
    clip = _clip(tmp_path, store)
    other = changed(clip, media=(clip.spec.media[0], Medium(PREPARED, "1" * 64)))
    with pytest.raises(CheckpointError, match="not those that the film was planned with") as caught:
        _prepare(other, store)
    assert blame_of(caught.value) is Blame.NODE
    assert prepared(store, "1" * 64) is None


def test_who_stops_need_not_wait_for_a_long_video(tmp_path: Path, store: Store) -> None:
    clip = _clip(tmp_path, store)
    with pytest.raises(Stopped):
        _prepare(clip, store, Heard(stops_at=1))
    assert prepared(store, _key(clip)) is None
