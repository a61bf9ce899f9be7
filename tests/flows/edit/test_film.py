"""The finished files: whole or not at all, kept if nothing would change; sound and picture end together."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from flows.edit import edit_film
from flows.errors import EditError, EnvironmentProblem, MediaError
from flows.settings import FilmSettings
from flows.storyboard.model import Deliverable, Music, Size
from tests.flows.edit.conftest import MakeTimeline, pictures, samples, write_tone


@pytest.mark.parametrize("frames", [1, 24, 47, 101])
def test_sound_and_picture_end_within_a_frame(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, frames: int
) -> None:
    film = edit_film(film_of([(min(frames, 40), "cut", 0)] * max(1, frames // 40)), tmp_path / "film.mp4", settings)
    picture, sound = len(pictures(film)) / 24, samples(film).shape[1] / 48_000
    assert abs(picture - sound) <= 1 / 24


def test_many_joins_do_not_drift(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    bed = write_tone(tmp_path / "bed.wav", 1.0)
    timeline = film_of([(7, "cut", 0)] * 30, Fraction(30000, 1001), music=Music(bed))
    film = edit_film(timeline, tmp_path / "film.mp4", settings)
    assert len(pictures(film)) == 210
    assert abs(samples(film).shape[1] / 48_000 - 210 * 1001 / 30000) <= 1001 / 30000


def test_an_edit_that_would_change_nothing_is_not_made(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    timeline = film_of([(6, "cut", 0)], deliver=(Deliverable("extra", Size(64, 64)),))
    film = edit_film(timeline, tmp_path / "out" / "film.mp4", settings)

    def made() -> int:
        return edit_film(timeline, film, settings).stat().st_mtime_ns

    first = film.stat().st_mtime_ns
    assert made() == first
    (film.parent / "extra.mp4").unlink()
    second = made()
    assert second != first
    film.write_bytes(film.read_bytes()[:-40])  # the end is missing
    third = made()
    assert third != second
    assert edit_film(timeline, film, replace(settings, crf=30)).stat().st_mtime_ns != third


def test_progress_is_told_and_ends_at_all(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    edit_film(film_of([(30, "cut", 0)]), tmp_path / "film.mp4", settings, on_progress=lambda *x: told.append(x))
    assert told[-1] == (30, 30)
    assert sorted(told) == told


def test_ctrl_c_leaves_the_old_film_and_nothing_else(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    output = tmp_path / "out" / "film.mp4"
    output.parent.mkdir()
    output.write_bytes(b"the old film")

    def ctrl_c(done: int, total: int) -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        edit_film(film_of([(40, "cut", 0)]), output, settings, on_progress=ctrl_c)
    assert [path.name for path in output.parent.iterdir()] == ["film.mp4"]
    assert output.read_bytes() == b"the old film"


def test_a_broken_clip_is_an_error_with_ffmpegs_words(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    timeline = film_of([(5, "cut", 0)])
    timeline.entries[0].ranges[0].file.write_bytes(b"no clip")
    with pytest.raises(EditError, match=r"clip-0-5-24\.mkv"):
        edit_film(timeline, tmp_path / "out" / "film.mp4", settings)
    assert list((tmp_path / "out").iterdir()) == []


def test_music_that_is_a_playlist_is_refused(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    bed = tmp_path / "bed.mp3"
    bed.write_text("ffconcat version 1.0\nfile /etc/hostname\n")
    with pytest.raises(MediaError, match=r"bed\.mp3"):
        edit_film(film_of([(5, "cut", 0)], music=Music(bed)), tmp_path / "film.mp4", settings)


def test_a_missing_or_wrong_ffmpeg_is_named(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    timeline = film_of([(5, "cut", 0)])
    for binary, said in ((tmp_path / "none", "does not exist"), (Path("/bin/echo"), "is not ffmpeg")):
        with pytest.raises(EnvironmentProblem, match=said):
            edit_film(timeline, tmp_path / "film.mp4", replace(settings, ffmpeg=binary))


def test_a_folder_that_cannot_be_written_is_named(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match=r"film\.outputs"):
        edit_film(film_of([(5, "cut", 0)]), tmp_path / "file" / "film.mp4", settings)


def test_a_killed_editor_takes_ffmpeg_with_it_and_leaves_no_film(film_of: MakeTimeline, tmp_path: Path) -> None:
    timeline = film_of([(40, "cut", 0)] * 40, width=1920, height=1440)
    (tmp_path / "timeline.pickle").write_bytes(pickle.dumps(timeline))
    output = tmp_path / "out" / "film.mp4"
    code = (
        "import pickle, pathlib; from flows.edit import edit_film; from flows.settings import FilmSettings;"
        f"timeline = pickle.loads(pathlib.Path({str(tmp_path / 'timeline.pickle')!r}).read_bytes());"
        f"edit_film(timeline, pathlib.Path({str(output)!r}), FilmSettings(outputs=pathlib.Path(), subfolder=None,"
        " crf=10, preset='slow', ffmpeg=None), on_progress=lambda done, _: print(done, flush=True))"
    )
    editor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert editor.stdout is not None
    editor.stdout.readline()
    (work,) = output.parent.glob(".edit-????????")
    editor.kill()
    editor.wait()
    editor.stdout.close()
    partial = work / "film.mp4"
    deadline = time.monotonic() + 20
    while _open_by_somebody(partial) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _open_by_somebody(partial)
    assert not output.exists()
    settings = FilmSettings(outputs=tmp_path, subfolder=None, crf=30, preset="ultrafast", ffmpeg=None)
    edit_film(film_of([(4, "cut", 0)]), output, settings)
    assert [path.name for path in output.parent.iterdir()] == ["film.mp4"]


def _open_by_somebody(file: Path) -> bool:
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if link.readlink() == file:
                return True
        except OSError:
            continue
    return False
