"""The first film a newcomer renders: it exists, shows what its prompts say, sounds, is marked, and is kept."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from flows.cli.events import EVENTS
from flows.cli.forms import FORMS
from tests.films.conftest import REPOSITORY, Place
from tests.flows.cli.conforming import faults
from wan.tiny.judge import judge

pytestmark = pytest.mark.slow

NOISE = ("raylet", "prefect.", "ray::", "Traceback", "Warning", "hydra")


def frames_of(film: Path) -> Iterator[np.ndarray]:
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def test_the_film_plays_in_a_browser(paper_boat: Path) -> None:
    with av.open(str(paper_boat / "film.mp4")) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height, video.average_rate) == (1280, 720, 16)
        assert audio.codec_context.name == "aac"
    head = (paper_boat / "film.mp4").read_bytes()[:4096]
    assert b"moov" in head, "the index must come first, so that a browser starts before the end has arrived"


def test_sound_and_picture_end_together(paper_boat: Path) -> None:
    with av.open(str(paper_boat / "film.mp4")) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert video.duration is not None
        assert video.time_base is not None
        assert audio.duration is not None
        assert audio.time_base is not None
        picture, sound = float(video.duration * video.time_base), float(audio.duration * audio.time_base)
    assert abs(picture - sound) <= 1 / 16


def test_the_music_is_heard(paper_boat: Path) -> None:
    with av.open(str(paper_boat / "film.mp4")) as container:
        loudest = max(float(np.abs(frame.to_ndarray()).max()) for frame in container.decode(audio=0))
    assert loudest > 0.02


def test_the_film_says_that_it_is_generated(paper_boat: Path) -> None:
    assert b"trainedAlgorithmicMedia" in (paper_boat / "film.mp4").read_bytes()


def test_the_report_needs_nothing_else(paper_boat: Path) -> None:
    report = (paper_boat / "report.html").read_text()
    assert "river.launch" in report
    assert "data:image/" in report
    assert not re.search(r"""(src|href)=["']https?://""", report)


def test_a_second_run_renders_nothing(place: Place, paper_boat: Path) -> None:
    before = (paper_boat / "film.mp4").read_bytes()
    plan: Any = place.plan(REPOSITORY / "storyboards" / "paper_boat.yaml")
    assert plan["totals"]["cached"] == plan["totals"]["takes"] == 8
    done = place.wanflow("render", str(REPOSITORY / "storyboards" / "paper_boat.yaml"))
    assert done.returncode == 0, done.stderr
    assert (paper_boat / "film.mp4").read_bytes() == before
    assert not [noise for noise in NOISE if noise in done.stdout + done.stderr]


def test_programs_are_told_of_the_film_line_by_line_and_then_as_a_whole(place: Place, paper_boat: Path) -> None:
    done = place.wanflow("render", str(REPOSITORY / "storyboards" / "paper_boat.yaml"), "--events")
    *events, document = [json.loads(line) for line in done.stdout.splitlines()]
    assert [fault for line in events for fault in faults(line, EVENTS[f"render: {line['event']}"])] == []
    assert "river.launch" in {line["shot"] for line in events if line["event"] == "finished"}
    assert list(faults(document, FORMS["render"])) == []
    assert (document["film"], document["rendered"]) == (str(paper_boat / "film.mp4"), 0)


def test_a_changed_prompt_renders_that_shot_and_what_its_frames_reach(place: Place, paper_boat: Path) -> None:
    folder = place.folder / "changed"
    shutil.copytree(REPOSITORY / "storyboards", folder)
    board = folder / "paper_boat.yaml"
    board.write_text(board.read_text().replace("<boat> moves left to right           #", "<boat> rises           #", 1))
    shots: Any = place.plan(board)["shots"]
    new = {shot["id"] for shot in shots if any(take["status"] == "new" for take in shot["takes"])}
    assert new == {"river.launch", "river.drift"}


def test_moving_and_renaming_shots_changes_nothing(place: Place, paper_boat: Path) -> None:
    folder = place.folder / "renamed"
    shutil.copytree(REPOSITORY / "storyboards", folder)
    board = folder / "paper_boat.yaml"
    board.write_text(board.read_text().replace("kite", "kyte").replace("a red kyte", "a red kite"))
    plan: Any = place.plan(board)
    assert plan["totals"]["cached"] == plan["totals"]["takes"]


def test_the_first_shot_shows_what_its_prompt_says(paper_boat: Path) -> None:
    small = [frame[2::5, 2::5] for frame, _ in zip(frames_of(paper_boat / "film.mp4"), range(32), strict=False)]
    reading = judge(np.stack(small))
    assert (reading.shape, reading.colour, reading.place, reading.motion) == ("boat", "white", "water", "left_to_right")
