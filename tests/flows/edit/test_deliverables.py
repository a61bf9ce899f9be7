"""Files of the film: sizes, crops, codecs, and what players need."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest

from flows.codecs import CODECS
from flows.edit import edit_film
from flows.edit.deliverables import FILM, encoding, target
from flows.settings import FilmSettings
from flows.storyboard.model import Deliverable, Size
from tests.flows.edit.conftest import HEIGHT, WIDTH, MakeTimeline, pictures


def test_what_a_browser_needs(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    timeline = film_of([(24, "cut", 0)], width=WIDTH * 5, height=HEIGHT * 5)
    film = edit_film(timeline, tmp_path / "film.mp4", settings)
    with av.open(str(film)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec.name, video.pix_fmt, video.width, video.height) == ("h264", "yuv420p", 160, 120)
        assert (video.codec_context.colorspace, video.codec_context.color_range) == (1, 1)  # BT.709, video range
        assert (audio.codec.name, audio.rate, audio.layout.name) == ("aac", 48_000, "stereo")
        assert not video.codec_context.has_b_frames or video.start_time == 0
    data = film.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_deliverables_are_cropped_scaled_and_encoded(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    deliver = (
        Deliverable("master", Size(WIDTH, HEIGHT), 24.0),
        Deliverable("story", aspect=(9, 16)),
        Deliverable("small", Size(16, 16), 12.0, video="vp9"),
    )
    folder = edit_film(film_of([(24, "cut", 0)], deliver=deliver), tmp_path / "out" / "film.mp4", settings).parent
    assert sorted(path.name for path in folder.iterdir()) == ["film.mp4", "master.mp4", "small.mp4", "story.mp4"]
    assert (folder / "master.mp4").read_bytes() == (folder / "film.mp4").read_bytes()
    assert pictures(folder / "story.mp4")[0].shape == (24, 14, 3)
    assert [frame.shape for frame in pictures(folder / "small.mp4")] == [(16, 16, 3)] * 12
    assert len(pictures(folder / "film.mp4")) == 24


@pytest.mark.parametrize(("codec", "name"), [("h265", "hevc"), ("av1", "av1"), ("prores", "prores")])
def test_other_codecs(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, codec: str, name: str) -> None:
    deliver = (Deliverable("extra", Size(64, 64), video=codec),)
    edit_film(film_of([(6, "cut", 0)], deliver=deliver), tmp_path / "film.mp4", settings)
    (extra,) = tmp_path.glob("extra.*")
    with av.open(str(extra)) as container:
        assert container.streams.video[0].codec_context.codec.canonical_name == name
        assert len(list(container.decode(video=0))) == 6


@pytest.mark.parametrize(
    ("item", "size", "crop"),
    [
        (Deliverable("a"), (160, 120), None),
        (Deliverable("a", Size(80, 60)), (80, 60), None),
        (Deliverable("a", Size(80, 80)), (80, 80), (24, 24)),
        (Deliverable("a", aspect=(16, 9)), (160, 90), (32, 18)),
        (Deliverable("a", aspect=(9, 16)), (68, 120), (14, 24)),
        (Deliverable("a", aspect=(4, 3)), (160, 120), None),
    ],
)
def test_another_shape_is_cut_from_the_middle(
    film_of: MakeTimeline, item: Deliverable, size: tuple[int, int], crop: tuple[int, int] | None
) -> None:
    made = target(film_of([(4, "cut", 0)], width=160, height=120), item, Path("/films"))
    assert ((made.width, made.height), made.crop) == (size, crop)


def test_a_file_is_called_as_its_container_asks(film_of: MakeTimeline) -> None:
    timeline = film_of([(4, "cut", 0)])
    names = {codec: target(timeline, Deliverable("a", video=codec), Path("/films")).path.name for codec in CODECS}
    assert names == {"h264": "a.mp4", "h265": "a.mp4", "av1": "a.mp4", "vp9": "a.mp4", "prores": "a.mov"}


def test_what_equals_the_film_is_a_copy_of_it(film_of: MakeTimeline) -> None:
    timeline = film_of([(4, "cut", 0)])
    film = target(timeline, FILM, Path("/films"))
    assert target(timeline, Deliverable("again", Size(WIDTH, HEIGHT), 24.0), Path("/else")).same_as(film)
    assert not target(timeline, Deliverable("slow", fps=12.0), Path("/films")).same_as(film)
    assert not target(timeline, Deliverable("other", video="vp9"), Path("/films")).same_as(film)


def test_options_follow_the_row_of_the_codec(film_of: MakeTimeline, settings: FilmSettings) -> None:
    timeline, chosen = film_of([(4, "cut", 0)]), replace(settings, crf=20, preset="slow")
    options = {
        name: encoding(target(timeline, Deliverable("a", video=name), Path("/films")), chosen) for name in CODECS
    }
    assert {name: given.get("crf") for name, given in options.items()} == {
        name: None if codec.crf_shift is None else 20 + codec.crf_shift for name, codec in CODECS.items()
    }
    assert {name for name, given in options.items() if given.get("preset") == "slow"} == {"h264", "h265"}
    assert {given["movflags"] for given in options.values()} == {"+faststart"}
