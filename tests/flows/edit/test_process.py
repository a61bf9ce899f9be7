"""What ffmpeg's end means: whose fault it is, in its own last words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flows.edit import find_ffmpeg
from flows.edit.process import run_ffmpeg
from flows.errors import EditError, EnvironmentProblem
from flows.settings import FilmSettings


def program(tmp_path: Path, text: str) -> list[str | Path]:
    (tmp_path / "program.py").write_text(text)
    return [sys.executable, tmp_path / "program.py"]


def test_a_full_disk_is_the_machines_fault_and_not_ffmpegs(tmp_path: Path) -> None:
    command = program(tmp_path, "import sys; sys.exit('av_interleaved_write_frame(): No space left on device')")
    with pytest.raises(EnvironmentProblem, match="make room"):
        run_ffmpeg(command, 10)


def test_the_last_lines_are_told(tmp_path: Path) -> None:
    command = program(tmp_path, "import sys; print(*range(50), sep='\\n', file=sys.stderr); sys.exit(1)")
    with pytest.raises(EditError) as raised:
        run_ffmpeg(command, 10)
    assert str(raised.value).split()[-2:] == ["48", "49"]
    assert "30" not in str(raised.value).split()


def test_a_program_that_says_nothing_gives_its_status(tmp_path: Path) -> None:
    with pytest.raises(EditError, match="exit status 3"):
        run_ffmpeg(program(tmp_path, "raise SystemExit(3)"), 10)


def test_an_ffmpeg_can_be_named_by_path_or_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = find_ffmpeg(FilmSettings(outputs=tmp_path, subfolder=None, crf=18, preset="fast", ffmpeg=None))
    (tmp_path / "my-ffmpeg").symlink_to(shipped)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for named in (Path("my-ffmpeg"), tmp_path / "my-ffmpeg"):
        settings = FilmSettings(outputs=tmp_path, subfolder=None, crf=18, preset="fast", ffmpeg=named)
        assert find_ffmpeg(settings) == tmp_path / "my-ffmpeg"
