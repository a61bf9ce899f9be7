"""What is seen while clips are rendered, on a terminal and in a log file."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from rich.console import Console

from flows.cli.progress import FilmProgress, clip_names
from flows.events import Event, Failed, Finished, Log, Progress, Started
from tests.flows.cli.plans import clip, plan, shot, take
from tests.flows.records import empty_record

PLAN = plan(
    shot("river.launch", take(clip("aa"))),
    shot("river.drift", take(clip("ba"), clip("bb")), take(clip("ca"))),
)


def finished(fingerprint: str, *, cached: bool = False) -> Finished:
    return Finished(fingerprint, empty_record(fingerprint), cached)


def shown(*events: Event, terminal: bool = False) -> str:
    out = io.StringIO()
    with FilmProgress(
        PLAN, PLAN.clips, Console(file=out, width=100, force_terminal=terminal, highlight=False)
    ) as progress:
        for event in events:
            progress.on_event(event)
    return out.getvalue()


def plain(text: str) -> str:
    """Without colours and what moves the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_clips_are_called_by_shot_take_and_clip() -> None:
    assert clip_names(PLAN) == {
        "aa": "river.launch",
        "ba": "river.drift take 1 clip 1",
        "bb": "river.drift take 1 clip 2",
        "ca": "river.drift take 2",
    }


def test_a_keyframe_is_called_so_once_also_where_keyframes_alone_are_rendered() -> None:
    begins = replace(shot("river.launch", take(clip("aa"))), keyframe=replace(take(clip("da")), number=0))
    film = plan(begins)
    assert clip_names(film) == {"da": "river.launch keyframe", "aa": "river.launch"}
    assert clip_names(film.of_stills(film.stills_of(film.shots), "keyframes")) == {"da": "river.launch keyframe"}


def test_in_a_log_there_is_one_line_a_clip_and_nothing_else() -> None:
    steps = [Progress("aa", "denoise", step, 4) for step in range(1, 5)]
    text = shown(Started("aa", "w1", 1), *steps, Log("aa", 20, "chatter"), finished("aa"), finished("ba", cached=True))
    assert text.splitlines() == ["river.launch: rendered in 0.0 s (1 of 4)"]


def test_on_a_terminal_bars_move_and_are_gone_at_the_end() -> None:
    text = shown(Started("aa", "w1", 1), Progress("aa", "denoise", 2, 4), finished("aa"), terminal=True)
    assert "film" in text
    assert text.endswith(("\x1b[2K", "\x1b[?25h"))


def test_what_is_starting_is_said_and_how_long_it_takes() -> None:
    steps = [Progress("", "ray", 0, 1)]
    assert re.search(r"film .* starting Ray +0:00", plain(shown(*steps, terminal=True)))
    steps += [Progress("", "ray", 1, 1), Progress("", "workers", 0, 2)]
    assert re.search(r"film .* starting workers +0:00", plain(shown(*steps, terminal=True)))
    text = plain(shown(*steps, Started("aa", "w1", 1), terminal=True))
    assert re.search(r"film .* 0 of 4 clips", text)
    assert re.search(r"river.launch .* loading the model", text)
    assert "-:--" not in text


def test_failures_and_warnings_are_said_once_with_the_name_of_the_shot() -> None:
    text = shown(
        Failed("ca", "w1", "worker died", final=False),
        Failed("aa", "w1", "no memory", final=True),
        Failed("ba", "", "river.launch failed", final=True, because_of="aa"),
        Log("bb", 30, "slow disk"),
    )
    assert text.splitlines() == [
        "river.drift take 2 failed, will be tried again: worker died",
        "river.launch failed: no memory",
        "river.drift take 1 clip 2: slow disk",
    ]


def test_a_damaged_clip_counts_when_it_is_rendered_again() -> None:
    made = plan(shot("a.b", take(clip("aa", "cached"))))
    out = io.StringIO()
    with FilmProgress(made, made.clips, Console(file=out, width=20)) as progress:
        progress.on_event(Started("aa", "w1", 1))
        progress.on_event(finished("aa"))
    assert out.getvalue() == "a.b: rendered in 0.0 s (1 of 1)\n"


def test_events_of_clips_that_the_plan_does_not_know_do_no_harm() -> None:
    assert shown(Started("zz", "w", 1), Progress("zz", "decode", 1, 1), finished("zz")) != "boom"


def test_while_the_film_is_edited_its_frames_are_counted() -> None:
    text = shown(Started("aa", "w1", 1), finished("aa"), Progress("", "edit", 40, 65), terminal=True)
    assert "editing frame 40 of 65" in text


def test_driving_videos_are_told_of_and_so_is_what_is_odd_about_them() -> None:
    text = shown(Started("aa", "w1", 1), Progress("aa", "motion", 0, 13), terminal=True)
    assert "reading the motion" in text
    assert "warning: dance.mp4: 3 people" in shown(Log("", 30, "dance.mp4: 3 people"))
