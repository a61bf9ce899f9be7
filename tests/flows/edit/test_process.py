"""Running ffmpeg: its end is told, and it never outlives whoever waits for it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from flows.edit import find_ffmpeg
from flows.edit.process import run_ffmpeg
from flows.errors import EnvironmentProblem
from flows.settings import FilmSettings
from wan.errors import Cancelled
from wan.system.stop import heeding


def program(tmp_path: Path, text: str) -> list[str | Path]:
    (tmp_path / "program.py").write_text(text)
    return [sys.executable, tmp_path / "program.py"]


def test_a_full_disk_is_the_machines_fault_and_not_ffmpegs(tmp_path: Path) -> None:
    command = program(tmp_path, "import sys; sys.exit('av_interleaved_write_frame(): No space left on device')")
    with pytest.raises(EnvironmentProblem, match="make room"):
        run_ffmpeg(command, 10)


def test_ctrl_c_ends_the_program_as_well(tmp_path: Path) -> None:
    code = "import os, time; print(f'frame={os.getpid()}', flush=True); time.sleep(600)"
    started: list[int] = []

    def ctrl_c(done: int, total: int) -> None:
        started.append(done)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_ffmpeg(program(tmp_path, code), 2**31, ctrl_c)
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_a_thread_that_is_told_to_stop_ends_the_program(tmp_path: Path) -> None:
    code = "import os, time\nfor _ in range(600): print(f'frame={os.getpid()}', flush=True); time.sleep(0.1)"
    started: list[int] = []
    with heeding(lambda: bool(started)), pytest.raises(Cancelled):
        run_ffmpeg(program(tmp_path, code), 2**31, lambda done, total: started.append(done))
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_an_ffmpeg_can_be_named_by_path_or_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = find_ffmpeg(FilmSettings(outputs=tmp_path, subfolder=None, crf=18, preset="fast", ffmpeg=None))
    (tmp_path / "my-ffmpeg").symlink_to(shipped)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for named in (Path("my-ffmpeg"), tmp_path / "my-ffmpeg"):
        settings = FilmSettings(outputs=tmp_path, subfolder=None, crf=18, preset="fast", ffmpeg=named)
        assert find_ffmpeg(settings) == tmp_path / "my-ffmpeg"
