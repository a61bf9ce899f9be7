"""The finished file: every frame where it belongs, for every transition; sound and picture end together."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from flows.edit import TRANSITIONS, Piece, edit_film
from flows.errors import EditError, EnvironmentProblem, MediaError, Stopped
from flows.media import write_clip
from flows.settings import FilmSettings
from flows.storyboard.model import Deliverable, Music, Size
from tests.flows.edit.conftest import HEIGHT, WIDTH, MakeTimeline, decoded, pictures, samples, write_tone


def test_cuts_show_every_frame_of_every_clip_once(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    timeline = film_of([(5, "cut", 0), (9, "cut", 0), (1, "cut", 0), (7, "cut", 0)])
    film = edit_film(timeline, tmp_path / "out" / "film.mp4", settings)
    expected = [(clip, k) for clip, count in enumerate((5, 9, 1, 7)) for k in range(count)]
    assert [decoded(frame) for frame in pictures(film)] == expected
    assert [path.name for path in film.parent.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("rate", [Fraction(16), Fraction(24), Fraction(30000, 1001)])
def test_a_dissolve_overlaps_exactly_its_frames(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, rate: Fraction
) -> None:
    timeline = film_of([(20, "cut", 0), (20, "dissolve", 6), (12, "dissolve", 1), (10, "cut", 0)], rate)
    assert timeline.num_frames == 20 + 14 + 11 + 10
    shown = pictures(edit_film(timeline, tmp_path / "film.mp4", settings))
    assert len(shown) == timeline.num_frames
    assert [decoded(frame) for frame in shown[:14]] == [(0, k) for k in range(14)]
    assert [decoded(frame) for frame in shown[20:33]] == [(1, k) for k in range(6, 19)]
    assert [decoded(frame) for frame in shown[34:45]] == [(2, k) for k in range(1, 12)]
    assert [decoded(frame) for frame in shown[45:]] == [(3, k) for k in range(10)]
    reds = [float(np.median(frame[..., 0])) for frame in shown[14:20]]
    assert reds == pytest.approx([40 + 30 * (k + 0.5) / 6 for k in range(6)], abs=3)


def test_a_fade_goes_through_black_in_the_middle(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    timeline = film_of([(20, "cut", 0), (20, "fade", 8)])
    shown = pictures(edit_film(timeline, tmp_path / "film.mp4", settings))
    assert len(shown) == 32
    assert decoded(shown[11]) == (0, 11)
    assert decoded(shown[20]) == (1, 8)
    assert shown[15].mean() < 4
    assert shown[16].mean() < 4
    light = [float(frame.mean()) for frame in shown]
    assert light[11] > light[13] > light[15]
    assert light[16] < light[18] < light[20]


@pytest.mark.parametrize("kind", sorted(set(TRANSITIONS) - {"cut"}))
def test_every_transition_keeps_the_frames_around_it(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, kind: str
) -> None:
    timeline = film_of([(12, "cut", 0), (14, kind, 5), (9, kind, 4)])
    shown = [decoded(frame) for frame in pictures(edit_film(timeline, tmp_path / "film.mp4", settings))]
    assert len(shown) == timeline.num_frames
    assert shown[:7] == [(0, k) for k in range(7)]
    assert shown[12:17] == [(1, k) for k in range(5, 10)]
    assert shown[21:] == [(2, k) for k in range(4, 9)]


def test_hidden_and_surplus_frames_and_clips(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    timeline = film_of([(9, "cut", 0), (11, "cut", 0)])
    one, two = (entry.pieces[0].file for entry in timeline.entries)
    entry = replace(timeline.entries[0], pieces=(Piece(one, 0, 5), Piece(two, 1, 6)), frames=11)
    film = edit_film(replace(timeline, entries=(entry,)), tmp_path / "film.mp4", settings)
    assert [decoded(frame) for frame in pictures(film)] == [(0, k) for k in range(5)] + [(1, k) for k in range(1, 7)]


def test_the_same_clip_may_be_shown_twice(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    timeline = film_of([(6, "cut", 0)])
    first = timeline.entries[0]
    twice = (first, replace(first, shot="scene.again", start=6))
    film = edit_film(replace(timeline, entries=twice), tmp_path / "film.mp4", settings)
    assert [decoded(frame) for frame in pictures(film)] == [(0, k) for k in range(6)] * 2


def test_a_clip_of_another_rate_keeps_its_seconds(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    timeline = film_of([(16, "cut", 0), (12, "cut", 0)])
    slow = replace(timeline.entries[0], rate=Fraction(16), frames=24)
    entries = (slow, replace(timeline.entries[1], start=24))
    shown = [
        decoded(frame)
        for frame in pictures(edit_film(replace(timeline, entries=entries), tmp_path / "f.mp4", settings))
    ]
    assert len(shown) == 36
    assert (shown[0], shown[23], shown[24]) == ((0, 0), (0, 15), (1, 0))


def test_shots_of_other_sizes_are_scaled_and_cropped_never_stretched(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    timeline = film_of([(6, "cut", 0), (4, "dissolve", 2)])
    wide = np.zeros((4, 24, 48, 3), np.uint8)
    wide[:, :, 12:36] = 255  # a square, which stays one
    odd = replace(timeline.entries[1], pieces=(Piece(write_clip(wide, 24.0, tmp_path / "wide.mkv"), 0, 4),), width=48)
    film = replace(timeline, entries=(timeline.entries[0], odd))
    assert film.native == (WIDTH, HEIGHT)
    shown = pictures(edit_film(film, tmp_path / "film.mp4", settings))
    assert len(shown) == 8
    white = shown[-1][HEIGHT // 2, :, 0] > 128
    assert abs(int(white.sum()) - 24) <= 1
    assert decoded(shown[0]) == (0, 0)


def test_a_film_of_another_shape_than_its_shots_is_joined_at_its_own_size(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    film = replace(film_of([(4, "cut", 0)]), width=48, height=24)
    assert film.native == (48, 24)
    assert pictures(edit_film(film, tmp_path / "film.mp4", settings))[0].shape == (24, 48, 3)


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


def test_long_films_are_wound_into_reels_with_the_same_frames(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = ["cut", "dissolve", "cut", "fade", "dissolve", "cut", "dissolve"]
    timeline = film_of([(10, kind, 0 if kind == "cut" else 3) for kind in kinds])
    whole = pictures(edit_film(timeline, tmp_path / "whole.mp4", settings))
    monkeypatch.setattr("flows.edit.reels.wound_up.__defaults__", (2,))
    wound = pictures(edit_film(timeline, tmp_path / "wound.mp4", settings))
    assert len(whole) == len(wound) == timeline.num_frames
    for one, other in zip(whole, wound, strict=True):
        assert np.abs(one.astype(int) - other.astype(int)).max() <= 4


def test_the_film_says_that_it_is_made_by_ai(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    title = 'Tom & Jerry\'s "boat"; 100% [v]:\\n=fade,x'
    film = edit_film(film_of([(3, "cut", 0)], title=title), tmp_path / "film.mp4", settings)
    with av.open(str(film)) as container:
        assert container.metadata["title"] == title
        assert container.metadata["comment"] == "AI-generated video"
        assert "trainedAlgorithmicMedia" in container.metadata["description"]
    xmp = film.read_bytes()[-1200:]
    assert (
        b"<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" in xmp
    )
    assert b"Tom &amp; Jerry" in xmp


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


def test_captions_are_soft(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    timeline = film_of([(24, "cut", 0), (24, "cut", 0)])
    second = replace(timeline.entries[1], caption="<b>Hi</b> & {bye}\n\n1 --> 2")
    film = edit_film(replace(timeline, entries=(timeline.entries[0], second)), tmp_path / "film.mp4", settings)
    beside = film.with_suffix(".vtt").read_text()
    assert "00:00:01.000 --> 00:00:02.000\n&lt;b&gt;Hi&lt;/b&gt; &amp; {bye}\n1 --&gt; 2" in beside
    with av.open(str(film)) as container:
        assert container.streams.subtitles[0].codec_context.name == "mov_text"
        text = b"".join(bytes(packet) for packet in container.demux(container.streams.subtitles[0]))
    assert b"<b>Hi</b> & (bye)\n1 --> 2" in text


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


def test_stopping_leaves_the_old_film_and_nothing_else(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    output = tmp_path / "out" / "film.mp4"
    output.parent.mkdir()
    output.write_bytes(b"the old film")
    with pytest.raises(Stopped):
        edit_film(film_of([(40, "cut", 0)]), output, settings, should_stop=lambda: True)
    assert [path.name for path in output.parent.iterdir()] == ["film.mp4"]
    assert output.read_bytes() == b"the old film"


def test_a_broken_clip_is_an_error_with_ffmpegs_words(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    timeline = film_of([(5, "cut", 0)])
    timeline.entries[0].pieces[0].file.write_bytes(b"no clip")
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


@pytest.mark.parametrize(
    "colour", [(200, 30, 40), (20, 160, 60), (30, 60, 220), (250, 220, 20), (255, 255, 255), (0, 0, 0)]
)
def test_colours_come_out_as_they_went_in(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, colour: tuple[int, int, int]
) -> None:
    clip = write_clip(np.full((4, HEIGHT, WIDTH, 3), colour, np.uint8), 24.0, tmp_path / "flat.mkv")
    timeline = film_of([(4, "cut", 0)], width=WIDTH * 5, height=HEIGHT * 5)
    entry = replace(timeline.entries[0], pieces=(Piece(clip, 0, 4),))
    shown = pictures(edit_film(replace(timeline, entries=(entry,)), tmp_path / "film.mp4", settings))[2]
    assert np.abs(np.median(shown.reshape(-1, 3), axis=0) - colour).max() <= 3


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
