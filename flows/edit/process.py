"""Running ffmpeg: finding the program, following it, stopping it, and saying what went wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from flows.errors import EditError, EnvironmentProblem, Stopped
from flows.settings import FilmSettings

LAST_LINES = 12
"""How much of what ffmpeg said goes into an error."""

QUIET = ("-hide_banner", "-nostdin", "-loglevel", "error", "-stats_period", "0.2", "-progress", "pipe:1")

FIX = "name a working ffmpeg (5.1 or newer) with film.ffmpeg=/path/to/ffmpeg"

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
    should_stop: Callable[[], bool] | None = None,
) -> None:
    """Run `command` to its end; `total` is the frames it will write.

    Raises `EditError` with ffmpeg's last lines, `EnvironmentProblem` when the disk is full, `Stopped` when
    `should_stop` said so. However it ends, also when this process is killed, no ffmpeg is left running.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        process = subprocess.Popen(
            _leashed(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            errors="replace",
        )
        try:
            _follow(process, total, on_progress, should_stop)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        if process.returncode:
            raise _failure(process.returncode, said)
    if on_progress:
        on_progress(total, total)


def _follow(
    process: subprocess.Popen[str], total: int, on_progress: Progress | None, should_stop: Callable[[], bool] | None
) -> None:
    for line in process.stdout or ():
        key, _, value = line.partition("=")
        if key == "frame" and on_progress:
            on_progress(min(int(value), total), total)
        if should_stop and should_stop():
            raise Stopped("stopped while the film was being edited; the takes are kept")
    process.wait()


def _leashed(command: Sequence[str | Path]) -> list[str]:
    words = [str(word) for word in command]
    if not sys.platform.startswith("linux"):
        return words
    return [sys.executable, "-I", "-S", str(Path(__file__).with_name("leash.py")), str(os.getpid()), *words]


def _failure(code: int, said: IO[str]) -> Exception:
    said.seek(0)
    lines = [line.rstrip() for line in said if line.strip()][-LAST_LINES:]
    text = "\n    ".join(lines) or f"exit status {code}"
    if "No space left on device" in text:
        return EnvironmentProblem("no space left on the disk for the film: make room, or set film.outputs elsewhere")
    return EditError(f"ffmpeg could not edit the film:\n    {text}")


def _named(program: Path) -> Path:
    """The program of that path, or of that name among the installed ones."""
    found = shutil.which(program)
    if found is None:
        raise EnvironmentProblem(f"ffmpeg is missing: {program} does not exist or cannot be run; {FIX}")
    return Path(found)


def _shipped() -> Path:
    import imageio_ffmpeg

    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise EnvironmentProblem(f"ffmpeg is missing: imageio-ffmpeg has none for this machine; {FIX}") from error
