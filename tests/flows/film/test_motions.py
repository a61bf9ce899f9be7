"""Driving videos prepared by real (small) ONNX models and a small SAM 2, stored, and read by a worker."""

from __future__ import annotations

import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from flows.clips import Medium
from flows.cluster.requests import request_of
from flows.config import compose
from flows.errors import BlobMissing, EnvironmentProblem, MediaError, UserError
from flows.events import Event, Log, Progress
from flows.film.motions import STAGE, prepare_motions
from flows.film.survey import put_assets
from flows.media import write_clip
from flows.planning.model import Clip
from flows.planning.motion import MADE_FROM, PREPARED
from flows.resolve.motion import MASKS, POSES
from flows.store import Store, open_store
from flows.store.files import file_digest
from flows.store.prepared import prepared, put_prepared
from tests.flows.cluster.clips import real_clip
from tests.flows.made import changed
from tests.wan.variants.animate.preprocess.conftest import save_detector, save_pose_model, small_sam2
from wan.hub.places import MANIFEST
from wan.variants.animate.preprocess.key import DETECTOR, POSE
from wan.variants.animate.preprocess.models import PreprocessModels, load_models
from wan.variants.animate.preprocess.onnx_model import OnnxModel

KEY = "1" * 64


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


def _film(tmp_path: Path, store: Store, mode: str = "animate", *, seen: bool = True) -> tuple[Any, Clip]:
    video, picture = _video(tmp_path / "dance.mkv", seen=seen), tmp_path / "person.png"
    Image.new("RGB", (60, 40), "white").save(picture)
    digests = {file_digest(path): str(path) for path in (video, picture)}
    settings = compose([f"store.path={store.address}", "render.device=cpu"]).settings
    media = (Medium(MADE_FROM, file_digest(video), mode), Medium(PREPARED, KEY))
    made: dict[str, Any] = {"variant": "animate-14b", "width": 64, "height": 48, "fps": 12, "media_fps": 12}
    clip = changed(real_clip("dance"), image=file_digest(picture), media=media, **made)
    store.put_file(picture)
    return SimpleNamespace(assets=digests, settings=settings), clip


def test_a_driving_video_is_prepared_once_at_the_shots_size_and_rate(tmp_path: Path, store: Store) -> None:
    plan, clip = _film(tmp_path, store)
    heard: list[Event] = []
    prepare_motions(plan, store, [clip, clip], heard.append)
    assert [(event.stage, event.step) for event in heard if isinstance(event, Progress)] == [(STAGE, 0), (STAGE, 1)]
    request = request_of(clip.spec, store)
    assert request.pose is not None
    assert request.face is not None
    assert (request.pose.num_frames, request.face.num_frames) == (6, 6)  # 24 frames a second become 12
    assert request.pose.frames(0, 6).shape == (6, 48, 64, 3)
    assert request.face.frames(0, 1).shape == (1, 512, 512, 3)
    assert (request.background, request.mask) == (None, None)
    heard.clear()
    prepare_motions(plan, store, [clip], heard.append)
    assert heard == []


def test_the_models_are_loaded_once_for_all_driving_videos(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, clip = _film(tmp_path, store)
    other = changed(clip, media=(clip.spec.media[0], Medium(PREPARED, "4" * 64)))
    loaded: list[Path] = []
    load = OnnxModel.__init__

    def noted(self: OnnxModel, path: Path, **how: Any) -> None:
        loaded.append(path)
        load(self, path, **how)

    monkeypatch.setattr(OnnxModel, "__init__", noted)
    prepare_motions(plan, store, [clip, other], lambda _: None)
    assert prepared(store, KEY) == prepared(store, "4" * 64)
    assert len(loaded) == 2  # one detector, one pose model


def test_to_replace_a_person_background_and_mask_are_made_too(tmp_path: Path, store: Store) -> None:
    plan, clip = _film(tmp_path, store, "replace")
    prepare_motions(plan, store, [clip], lambda _: None)
    request = request_of(clip.spec, store)
    assert request.mask is not None
    assert request.background is not None
    mask, background = request.mask.frames(0, 6), request.background.frames(0, 6)
    assert mask.shape == background.shape == (6, 48, 64, 3)
    assert not background[mask > 127].any()


def test_what_was_lost_from_the_store_is_prepared_again(tmp_path: Path, store: Store) -> None:
    plan, clip = _film(tmp_path, store)
    put_prepared(store, KEY, {"pose": "2" * 64, "face": "3" * 64})
    prepare_motions(plan, store, [clip], lambda _: None)
    videos = prepared(store, KEY)
    assert videos is not None
    assert "2" * 64 not in videos.values()
    store.put_note(f"motions/{KEY}.json", b"{")
    assert prepared(store, KEY) is None
    with pytest.raises(BlobMissing, match="prepared from a driving video"):
        request_of(clip.spec, store)


def test_a_video_without_a_person_is_the_askers_mistake(tmp_path: Path, store: Store) -> None:
    plan, clip = _film(tmp_path, store, seen=False)
    with pytest.raises(UserError, match=r"dance\.mkv: motion\.video: no person is to be seen in frames 0 to 5"):
        prepare_motions(plan, store, [clip], lambda _: None)
    assert prepared(store, KEY) is None


@pytest.mark.parametrize(
    ("change", "told"), [("edit", "was changed after the film was planned"), ("lose", "cannot read")]
)
def test_a_driving_video_that_is_not_the_planned_one_is_not_prepared(
    tmp_path: Path, store: Store, change: str, told: str
) -> None:
    plan, clip = _film(tmp_path, store)
    video = tmp_path / "dance.mkv"
    video.unlink()
    if change == "edit":
        _video(video, seen=False)
    put_assets(store, plan, [clip])  # workers read no driving video
    with pytest.raises(MediaError, match=told):
        prepare_motions(plan, store, [clip], lambda _: None)
    assert prepared(store, KEY) is None


def test_once_prepared_a_driving_video_may_be_gone(tmp_path: Path, store: Store) -> None:
    plan, clip = _film(tmp_path, store)
    prepare_motions(plan, store, [clip], lambda _: None)
    (tmp_path / "dance.mkv").unlink()
    put_assets(store, plan, [clip])
    prepare_motions(plan, store, [clip], lambda _: None)


def test_the_models_are_let_go_when_a_video_fails(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, clip = _film(tmp_path, store, seen=False)
    loaded: list[weakref.ref[object]] = []
    alive: list[bool] = []

    def noted(*folders: Path, device: str) -> PreprocessModels:
        models = load_models(*folders, device=device)
        loaded.append(weakref.ref(models.detector))
        return models

    monkeypatch.setattr("wan.variants.animate.preprocess.models.load_models", noted)
    monkeypatch.setattr("torch.cuda.empty_cache", lambda: alive.extend(one() is not None for one in loaded))
    with pytest.raises(UserError, match="no person"):
        prepare_motions(plan, store, [clip], lambda _: None)
    assert alive == [False]


def test_several_people_are_told_of(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, clip = _film(tmp_path, store)
    monkeypatch.setattr("wan.variants.animate.preprocess.prepare.most_people", lambda _: 3)
    heard: list[Event] = []
    prepare_motions(plan, store, [clip], heard.append)
    (log,) = [event for event in heard if isinstance(event, Log)]
    assert "up to 3 people are seen at once" in log.message


def test_missing_models_are_found_before_anything_is_made(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, clip = _film(tmp_path, store)
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path / "nowhere"))
    with pytest.raises(EnvironmentProblem, match="wanflow models pull animate-pose"):
        prepare_motions(plan, store, [clip], lambda _: None)
