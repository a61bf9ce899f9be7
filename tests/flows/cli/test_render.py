"""What `wanflow render` says at the end, and what it hands to the API."""

from __future__ import annotations

import io
import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from flows.cli.options import with_draft
from flows.cli.plan_table import partial_sums
from flows.cli.progress import FilmProgress
from flows.cli.render import (
    STOPPING,
    again,
    closing_lines,
    document_of,
    shown_path,
    termination_as_interrupt,
)
from flows.events import Progress, Started
from flows.film import FilmResult
from flows.film.result import Delivered
from flows.seams import Continuity, Seam
from flows.storyboard.model import Held
from tests.flows.cli.plans import clip, plan, shot, take

PLAN = plan(shot("river.launch", take(clip("aa"))))


def result(folder: Path, *, film: bool = True, clips: tuple[Path, ...] = ()) -> FilmResult:
    return FilmResult(
        path=folder / "film.mp4" if film else None,
        clips=clips,
        report=folder / "report.html" if film else None,
        plan_path=folder / "plan.json",
        rendered=1,
        cached=3,
        seconds=72.4,
        flow_run_id="run",
        run_url="http://127.0.0.1/runs",
    )


def test_the_last_lines_say_where_how_long_and_what_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = closing_lines("wanflow render boat", PLAN, result(tmp_path / "outputs/boat"), ())
    assert "film      outputs/boat/film.mp4" in lines
    assert "report    outputs/boat/report.html" in lines
    assert "1 take rendered, 3 from the store, in 1 min 12 s" in lines
    assert any("wanflow render boat --only river.launch" in line for line in lines)


def test_subtitles_are_named_and_what_went_wrong_beside_the_film(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = replace(result(tmp_path), captions=tmp_path / "film.vtt", warnings=("no history: the disk is full",))
    lines = closing_lines("again", PLAN, made, ())
    assert not any("the disk is full" in line for line in lines), "it was said when it happened"
    assert lines[lines.index("film      film.mp4") + 1] == "captions  film.vtt"
    assert document_of(PLAN, made)["captions"] == str(tmp_path / "film.vtt")
    assert [each["message"] for each in document_of(PLAN, made)["problems"]] == ["no history: the disk is full"]


def test_in_a_project_nobody_is_told_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert any("wanflow init" in line for line in closing_lines("again", PLAN, result(tmp_path), ()))
    (tmp_path / "storyboards").mkdir()
    assert not any("wanflow init" in line for line in closing_lines("again", PLAN, result(tmp_path), ()))


def test_every_delivered_file_is_named_after_the_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "phone.mp4").write_bytes(bytes(2_500))
    phone = Delivered(path=tmp_path / "phone.mp4", width=82, height=144, seconds=3.25)
    lines = closing_lines("again", PLAN, replace(result(tmp_path), delivered=(phone,)), ())
    assert lines[lines.index("film      film.mp4") + 1] == "also      phone.mp4  82x144, 3.2 s, 2.5 kB"


def test_after_some_shots_the_whole_film_is_next(tmp_path: Path) -> None:
    command = again("boat", with_draft(("render.takes=2", "storyboard.title=A boat"), True), tmp_path)
    some = result(tmp_path, film=False, clips=(tmp_path / "a.mp4",))
    lines = closing_lines(command, PLAN, some, ("river.launch",))
    assert f"clips     {tmp_path / 'a.mp4'}" in lines
    assert not any(line.startswith("film ") for line in lines)
    assert lines[-1] == (
        "Next: the whole film: wanflow render boat --draft render.takes=2 'storyboard.title=A boat' --config-dir "
        f"{tmp_path}"
    )


def test_paths_elsewhere_are_shown_whole() -> None:
    assert shown_path(Path("/elsewhere/film.mp4")) == "/elsewhere/film.mp4"


def test_some_shots_are_summed_alone() -> None:
    assert partial_sums(plan(shot("a.one", take(clip("a")))), [clip("a"), clip("b", "cached")]).endswith(
        "1 clip to render, 1 in the store, about 18 s with one worker (start 14 s, rendering 4.0 s)"
    )


def test_draft_comes_first_so_that_an_override_wins() -> None:
    assert with_draft(("render=final",), True) == ("render=draft", "render=final")
    assert with_draft(("a=1",), False) == ("a=1",)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_being_terminated_and_losing_the_session_end_a_render_as_ctrl_c_does(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), termination_as_interrupt():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_ctrl_c_is_answered_at_once_and_once(capfd: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with termination_as_interrupt():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # what ends already is not torn apart
            os.kill(os.getpid(), number)
    assert signal.getsignal(signal.SIGINT) is before
    assert capfd.readouterr().err == f"{STOPPING}\n"


def test_on_a_terminal_the_answer_stays_above_the_bars_and_they_leave_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, legacy_windows=False, highlight=False)
    with pytest.raises(KeyboardInterrupt):
        stopped_on(console, out)
    console.print("stopped")
    assert screen(out.getvalue()) == ["drawn", STOPPING, "stopped"]
    assert capfd.readouterr().err == ""


def stopped_on(console: Console, out: io.StringIO) -> None:
    with termination_as_interrupt() as answer, FilmProgress(PLAN, PLAN.clips, console) as progress:
        answer.tell = progress.tell
        progress.on_event(Started("aa", "w1", 1))
        console.print("drawn")
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            wait_for(lambda: STOPPING in out.getvalue())
            progress.on_event(Progress("aa", "denoise", 1, 4))


def test_bars_leave_room_for_what_a_terminal_says_of_ctrl_c() -> None:
    out = io.StringIO()
    long = plan(shot("river." + "long" * 30, take(clip("aa"))))
    with FilmProgress(long, long.clips, Console(file=out, width=80, force_terminal=True)) as progress:
        progress.on_event(Started("aa", "w1", 1))
    drawn = re.split(r"[\r\n]", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue()))
    assert 60 < max(map(len, drawn)) <= 77


def wait_for(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 5
    while not done() and time.monotonic() < until:
        time.sleep(0.01)


def screen(text: str) -> list[str]:
    """What a terminal shows in the end, of as much of its language as bars are drawn with."""
    lines, row, column = [""], 0, 0
    for move, count, kind, sign in re.findall(r"(\x1b\[([0-9;?]*)([A-Za-z]))|([^\x1b])", text):
        if kind == "A":
            row -= int(count)
        elif kind == "K":
            lines[row] = ""
        elif sign == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif sign == "\r":
            column = 0
        elif not move:
            lines[row] = lines[row].ljust(column)[:column] + sign + lines[row][column + 1 :]
            column += 1
    return [line for line in lines if line]


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with termination_as_interrupt():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_is_over_budget_is_said_at_the_end_and_every_seam_in_the_document(tmp_path: Path) -> None:
    good = Seam(kind="shot", shot="river.launch", values={"cuts": 0.0})
    bad = Seam(kind="join", shot="river.drift", before="river.launch", at=2.0, values={"delta_e": 3.0, "jump": 1.0})
    assert not any("seams" in line for line in closing_lines("again", PLAN, result(tmp_path), ()))
    made = replace(result(tmp_path), continuity=Continuity((good, bad)))
    said = "seams     1 of 2 over budget, the worst river.launch → river.drift: colour differs by 3 ΔE2000"
    assert said in closing_lines("again", PLAN, made, ())
    silent = replace(PLAN, storyboard=replace(PLAN.storyboard, continuity=Held(warns=False)))
    assert said not in closing_lines("again", silent, made, ())
    assert document_of(PLAN, made)["seams"][1] == {
        "kind": "join",
        "shot": "river.drift",
        "clip": 1,
        "before": "river.launch",
        "at": 2.0,
        "transition": "cut",
        "judged": True,
        "measures": {"delta_e": 3.0, "jump": 1.0},
        "over": ["delta_e"],
    }
