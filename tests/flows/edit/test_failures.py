"""What ffmpeg's end means: whose fault it is, in words that say what to do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from flows.edit import find_ffmpeg
from flows.edit.failures import MEANINGS, failure
from flows.errors import EditError, EnvironmentProblem
from flows.settings import FilmSettings

PICTURE = ("-f", "lavfi", "-i", "color=d=0.2:s=32x32")


def said_by_ffmpeg(folder: Path, *words: str) -> tuple[int, str]:
    """Exit status and error output of the shipped ffmpeg, which is asked for what it cannot do."""
    settings = FilmSettings(outputs=folder, subfolder=None, crf=18, preset="fast", ffmpeg=None)
    ended = subprocess.run(
        [find_ffmpeg(settings), "-loglevel", "error", *words, "-f", "null", "-"], capture_output=True, text=True
    )
    return ended.returncode, ended.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*PICTURE, "-c:v", "libnone"), "this ffmpeg cannot write libnone"),
        ((*PICTURE, "-vf", "nofilter"), "this ffmpeg has no filter nofilter"),
        ((*PICTURE, *PICTURE, "-filter_complex", "xfade=transition=none"), "too old for a transition of the film"),
    ],
)
def test_an_ffmpeg_that_cannot_do_it_is_the_machines_fault(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    error = failure(*said_by_ffmpeg(tmp_path, *words))
    assert isinstance(error, EnvironmentProblem)
    assert message in str(error)
    assert "film.ffmpeg=" in str(error)


@pytest.mark.parametrize(
    ("said", "fix"),
    [
        ("av_interleaved_write_frame(): No space left on device", "make room"),
        ("[libx264 @ 0x1] Error: Cannot allocate memory", "end other programs"),
        ("[Eval] Undefined constant\nError setting option transition to value coverleft.", "film.ffmpeg="),
    ],
)
def test_other_words_of_other_machines_and_versions(said: str, fix: str) -> None:
    error = failure(1, said)
    assert isinstance(error, EnvironmentProblem)
    assert fix in str(error)


def test_every_meaning_but_the_last_words_has_a_fix() -> None:
    assert all(":" in meaning.message or ";" in meaning.message for meaning in MEANINGS)


def test_what_no_row_explains_is_told_in_ffmpegs_last_words() -> None:
    error = failure(1, "\n".join(map(str, range(50))))
    assert type(error) is EditError
    assert str(error).split()[-2:] == ["48", "49"]
    assert "30" not in str(error).split()


def test_an_ffmpeg_that_says_nothing_gives_its_status() -> None:
    assert "exit status 3" in str(failure(3, " \n"))


def test_a_killed_one_asks_for_memory() -> None:
    assert "enough memory" in str(failure(-9, ""))
