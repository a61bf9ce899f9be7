"""Running ffmpeg: finding the program, following it, stopping it, and saying what went wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from flows.edit.failures import FIX, failure
from flows.errors import EnvironmentProblem
from flows.settings import FilmSettings
from wan.system.stop import look_for_stop

QUIET = ("-hide_banner", "-nostdin", "-loglevel", "error", "-stats_period", "0.2", "-progress", "pipe:1")

Progress = Callable[[int, int], None]
"""Called with the frames done and the frames in all."""


def find_ffmpeg(settings: FilmSettings) -> Path:
    """The ffmpeg to use: `film.ffmpeg`, else the one that comes with imageio-ffmpeg.

    Raises `EnvironmentProblem` if it is missing or does not run.
    """
    binary = _named(settings.ffmpeg) if settings.ffmpeg else _shipped()
    ffmpeg_version(binary)
    return binary


def ffmpeg_version(binary: Path) -> str:
    """What `binary` calls itself, such as `n7.1`. Raises `EnvironmentProblem` if it does not run."""
    try:
        said = subprocess.run([binary, "-version"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentProblem(f"ffmpeg does not run: {binary}: {error}; {FIX}") from error
    words = said.split()
    if words[:2] != ["ffmpeg", "version"]:
        raise EnvironmentProblem(f"{binary} is not ffmpeg; {FIX}")
    return words[2]


def run_ffmpeg(
    command: Sequence[str | Path],
    total: int,
    on_progress: Progress | None = None,
) -> None:
    """Run `command` to its end; `total` is the frames it will write.

    Raises what its last lines mean (`flows.edit.failures`), and Cancelled when who is asked says so
    (`wan.system.stop`). However it ends, by Ctrl-C and when this process is killed too, no ffmpeg is left running.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        process = subprocess.Popen(
            _dying_with_us(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            errors="replace",
        )
        try:
            _follow(process, total, on_progress)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        if process.returncode:
            said.seek(0)
            raise failure(process.returncode, said.read())
    if on_progress:
        on_progress(total, total)


def _follow(process: subprocess.Popen[str], total: int, on_progress: Progress | None) -> None:
    for line in process.stdout or ():
        look_for_stop()
        key, _, value = line.partition("=")
        if key == "frame" and on_progress:
            on_progress(min(int(value), total), total)
    process.wait()


def _dying_with_us(command: Sequence[str | Path]) -> list[str]:
    words = [str(word) for word in command]
    if not sys.platform.startswith("linux"):
        return words
    return [sys.executable, "-I", "-S", str(Path(__file__).with_name("die_with_parent.py")), str(os.getpid()), *words]


def _named(program: Path) -> Path:
    """The program of that path, or of that name among the installed ones."""
    path = shutil.which(program)
    if path is None:
        raise EnvironmentProblem(f"ffmpeg is missing: {program} does not exist or cannot be run; {FIX}")
    return Path(path)


def _shipped() -> Path:
    import imageio_ffmpeg

    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise EnvironmentProblem(f"ffmpeg is missing: imageio-ffmpeg has none for this machine; {FIX}") from error
