"""Captions beside the film and inside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av

from flows.edit import edit_film
from flows.edit.captions import webvtt, write_captions
from flows.settings import FilmSettings
from tests.flows.edit.conftest import MakeTimeline


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


def test_a_caption_is_read_until_the_next_shot_begins(film_of: MakeTimeline) -> None:
    timeline = film_of([(24, "cut", 0), (36, "dissolve", 12), (24, "cut", 0)])
    first, second, third = timeline.entries
    told = replace(timeline, entries=(replace(first, caption="One"), second, replace(third, caption="  Three \n\n!")))
    assert webvtt(told) == ("WEBVTT\n\n00:00:00.000 --> 00:00:00.500\nOne\n\n00:00:02.000 --> 00:00:03.000\nThree\n!\n")


def test_without_captions_there_is_no_file(film_of: MakeTimeline, tmp_path: Path) -> None:
    silent = film_of([(24, "cut", 0)])
    assert webvtt(silent) is None
    assert write_captions(silent, tmp_path) is None
    blank = replace(silent, entries=(replace(silent.entries[0], caption=" \n "),))
    assert webvtt(blank) is None
    assert not [*tmp_path.glob("*.vtt")]


def test_hours_are_counted(film_of: MakeTimeline) -> None:
    timeline = film_of([(24, "cut", 0)])
    late = replace(timeline.entries[0], start=24 * 3725, caption="Late")
    assert "01:02:05.000 --> 01:02:06.000" in (webvtt(replace(timeline, entries=(late,))) or "")
