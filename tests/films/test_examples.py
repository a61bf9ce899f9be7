"""The examples of the other variants, rendered by the command: lips follow the voice, limbs the dance."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest
import torch
from PIL import Image

from flows.runs.server import connect
from tests.films.conftest import REPOSITORY, Place
from wan.tiny import figures, sounds
from wan.tiny.judge import judge
from wan.tiny.judge_faces import read_mouth
from wan.tiny.judge_figures import read_joints
from wan.tiny.measure_faces import best_offset, correlation
from wan.tiny.world import NUM_FRAMES, Scene

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def assets() -> ModuleType:
    """The script that drew what the examples use."""
    spec = importlib.util.spec_from_file_location("draw_assets", REPOSITORY / "storyboards" / "draw_assets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", autouse=True)
def _prefect(place: Place) -> Iterator[None]:
    """One server for the films of this file: each would start its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", place.environment["XDG_DATA_HOME"])
        server = connect()
    yield
    server.close()


STEPS = "storyboard.shot_defaults.sampling.num_inference_steps=6"
"""Half of what the family takes by itself: enough for the judges."""


def rendered(place: Place, name: str, slug: str) -> Path:
    done = place.wanflow("render", str(REPOSITORY / "storyboards" / f"{name}.yaml"), STEPS)
    assert done.returncode == 0, done.stdout + done.stderr
    return place.folder / "outputs" / slug / "film.mp4"


def pictures_of(film: Path, width: int, height: int) -> torch.Tensor:
    """The film's frames, reduced to `uint8` `[F, height, width, 3]`."""
    with av.open(str(film)) as container:
        whole = (Image.fromarray(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0))
        small = [np.asarray(picture.resize((width, height), Image.Resampling.BOX)) for picture in whole]
    return torch.from_numpy(np.stack(small))


def sound_of(film: Path) -> tuple[torch.Tensor, int]:
    with av.open(str(film)) as container:
        rate = container.streams.audio[0].rate
        pieces = [frame.to_ndarray().mean(0) for frame in container.decode(audio=0)]
    return torch.from_numpy(np.concatenate(pieces)).float(), rate


def test_the_face_says_what_the_film_sounds(place: Place) -> None:
    film = rendered(place, "speaking", "the-paper-face")
    # the film is wider than the shot was: its sides were cut off; the judge wants the whole backdrop back
    cut = pictures_of(film, 228, 128)
    clip = torch.cat([cut[:, :, :1].expand(-1, -1, 14, -1), cut, cut[:, :, -1:].expand(-1, -1, 14, -1)], dim=2)
    mouth = read_mouth(clip)
    assert mouth is not None
    loud = sounds.loudness(*sound_of(film), len(mouth))
    assert correlation(mouth, loud) >= 0.7
    assert abs(best_offset(mouth, loud)) <= 1


def test_the_figure_dances_as_its_video_does(place: Place, assets: ModuleType) -> None:
    clip = pictures_of(rendered(place, "dancing", "the-paper-dancer"), 256, 144)
    dance = figures.random_motion(assets.DANCE)
    truth = figures.joints_of([dance], range(len(clip)))[0]
    assert len(clip) == round(assets.DANCE_SECONDS * 16) > NUM_FRAMES
    found = read_joints(clip[::4], assets.LOOK)
    assert found is not None
    error = (found - truth[::4]).norm(dim=-1) / (figures.STANDING * dance.size)
    assert error.nanmean() <= 0.05


def test_one_model_draws_from_text_and_from_pictures(place: Place) -> None:
    clip = pictures_of(rendered(place, "one_model", "one-model"), 256, 144)
    assert len(clip) == 3 * 32
    first, second, third = (judge(clip[start : start + 32]).scene for start in (0, 32, 64))
    assert first == Scene("kite", "red", "snow", "noon", "rises")
    assert second == Scene("kite", "red", "snow", "noon", "closer")
    assert third == Scene("boat", "white", "water", "dusk", "left_to_right")


def test_a_silhouette_and_a_mask_say_where_things_are(place: Place) -> None:
    clip = pictures_of(rendered(place, "controlled", "steered-by-videos"), 256, 144)
    assert len(clip) == 2 * 32
    assert judge(clip[:32]).scene == Scene("boat", "green", "snow", "night", "left_to_right")
    assert judge(clip[32:]).scene == Scene("heart", "purple", "snow", "noon", "rises")
