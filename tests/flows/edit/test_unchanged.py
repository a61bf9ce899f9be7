"""A film on disk is kept as long as the same would be made again, and no longer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from flows.codecs import CODECS
from flows.edit import edit_film
from flows.errors import EditError
from flows.settings import FilmSettings
from flows.storyboard.model import Music
from flows.transitions import TRANSITIONS
from tests.flows.edit.conftest import MakeTimeline, write_tone


def _codecs() -> Any:
    film = CODECS["h264"]
    return MappingProxyType({**CODECS, "h264": replace(film, options={**film.options, "bf": 0})})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("flows.edit.deliverables.CODECS", _codecs()),
        ("flows.edit.deliverables.BT709", MappingProxyType({"colorspace": "bt709"})),
        ("flows.edit.picture.TRANSITIONS", MappingProxyType({**TRANSITIONS, "dissolve": TRANSITIONS["wipe_up"]})),
        ("flows.edit.picture.TICKS", 200),
        ("flows.edit.sound.LIMITER", {"limit": 0.5, "level": 0, "latency": 1}),
        ("flows.edit.marks.SOURCE_TYPE", "compositeWithTrainedAlgorithmicMedia"),
        ("flows.edit.reels.in_reels.__defaults__", (2,)),
    ],
)
def test_another_way_of_editing_makes_the_film_anew(
    film_of: MakeTimeline,
    settings: FilmSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: object,
) -> None:
    bed = write_tone(tmp_path / "bed.wav", 1.0)
    timeline = film_of([(6, "cut", 0), (6, "dissolve", 2), (6, "cut", 0)], music=Music(bed))
    film = edit_film(timeline, tmp_path / "out" / "film.mp4", settings)
    made = film.stat().st_mtime_ns
    assert edit_film(timeline, film, settings).stat().st_mtime_ns == made
    monkeypatch.setattr(name, value)
    assert edit_film(timeline, film, settings).stat().st_mtime_ns != made


def test_another_process_or_place_of_ffmpeg_changes_nothing(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = film_of([(6, "cut", 0)])
    film = edit_film(timeline, tmp_path / "out" / "film.mp4", settings)
    made = film.stat().st_mtime_ns
    import imageio_ffmpeg

    (tmp_path / "elsewhere").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    monkeypatch.setattr("os.getpid", lambda: 4_000_000)
    elsewhere = replace(settings, ffmpeg=tmp_path / "elsewhere")
    assert edit_film(timeline, film, elsewhere).stat().st_mtime_ns == made


def test_a_source_that_is_gone_is_named(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    bed = write_tone(tmp_path / "bed.wav", 1.0)
    timeline = film_of([(6, "cut", 0)], music=Music(bed))
    bed.unlink()
    with pytest.raises(EditError, match=r"bed\.wav: cannot be read any more"):
        edit_film(timeline, tmp_path / "film.mp4", settings)
