"""Whatever a command talks to, it does what it was asked, and ends with the right code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli.document import print_document
from flows.cli.streams import stdout_alone

REPOSITORY = Path(__file__).parents[3]
STORYBOARD = "storyboard: 1\ntitle: {title}\nscenes: [{{shots: [{{prompt: a white boat moves left to right}}]}}]\n"


def run(tmp_path: Path, words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A line of shell in which `wanflow` is the command."""
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("DATA", "CACHE", "STATE")}
    command = f'wanflow() {{ "{sys.executable}" -m flows.cli "$@"; }}; {words}'
    full = {**os.environ, **homes, "PYTHONPATH": str(REPOSITORY), **environment}
    return subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=full, capture_output=True, check=False, timeout=150
    )


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("wanflow init mine > /dev/full", 2, b"error: what was to be printed could not be written: No space left"),
        ("wanflow init mine | true; exit ${PIPESTATUS[0]}", 0, b""),
        ("wanflow init mine >&-", 0, b""),
        ("wanflow init mine >&- 2>&- <&-", 0, b""),
        ("wanflow init mine > /dev/full; rm -r mine; wanflow check nothing.yaml 2> /dev/full", 2, b""),
    ],
)
def test_what_cannot_be_said_keeps_nothing_from_being_done(tmp_path: Path, words: str, code: int, told: bytes) -> None:
    done = run(tmp_path, words)
    assert done.returncode == code
    assert done.stderr.startswith(told)
    assert b"Traceback" not in done.stderr
    assert "rm -r" in words or (tmp_path / "mine/storyboards/my_film.yaml").exists()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_signs_that_a_terminal_has_not_are_written_in_others(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "film.yaml").write_text(STORYBOARD.format(title="紙の船 → Böötchen"), encoding="utf-8")
    done = run(tmp_path, "wanflow plan film.yaml", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    first = done.stdout.decode(encoding).splitlines()[0]
    title = {"ascii": r"\u7d19\u306e\u8239 -> B\xf6\xf6tchen", "latin-1": r"\u7d19\u306e\u8239 -> Böötchen"}
    assert first.startswith(title.get(encoding, "紙の船 → Böötchen"))


def test_a_file_name_that_is_no_utf_8_is_a_name_like_any_other(tmp_path: Path) -> None:
    name = os.fsdecode(b"b\xff.yaml")
    (tmp_path / name).write_text(STORYBOARD.format(title="A boat"))
    done = run(tmp_path, f"wanflow plan {name} --json; wanflow check {name}")
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"b\udcff.yaml" in done.stdout


def test_stdout_is_the_documents_alone_whoever_prints(capfd: pytest.CaptureFixture[str]) -> None:
    with stdout_alone() as stdout:
        print("a library")
        os.write(1, b"in C\n")
        subprocess.run(["echo", "a process"], check=True)
        print_document({"event": "finished"}, line=True, to=stdout)
    out, err = capfd.readouterr()
    assert out == '{"event": "finished"}\n'
    assert sorted(err.splitlines()) == ["a library", "a process", "in C"]
