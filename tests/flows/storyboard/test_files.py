"""Files that are not text are refused before they are parsed, and large ones before they are read."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from flows.storyboard import check_storyboard
from tests.flows.storyboard.conftest import Desk

GOOD = "storyboard: 1\ntitle: Ä film\nscenes: [{shots: [{prompt: ein Boot}]}]\n"


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    problems = check_storyboard(path)
    assert len(problems) == 1
    assert problems[0].place
    assert str(problems[0].place).startswith(str(path))
    return f"{problems[0].place.line}:{problems[0].place.column} {problems[0].message}; {problems[0].fix}"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_named_as_what_it_is(desk: Desk, encoding: str) -> None:
    said = refused(desk.path, GOOD.encode(encoding))
    assert said == "1:1 the file is in UTF-16 or UTF-32; save it as UTF-8"


def test_another_encoding_is_found_where_it_starts(desk: Desk) -> None:
    assert refused(desk.path, GOOD.encode("latin-1")) == "2:8 the file is not UTF-8 text; save it as UTF-8"


def test_a_binary_file_is_refused(desk: Desk) -> None:
    assert "the file is binary" in refused(desk.path, b"storyboard: 1\n\x7fELF\0\1\2 and more bytes")


@pytest.mark.parametrize("data", [b"", b" \n\n", b"# nothing but a comment\n"])
def test_an_empty_file_is_refused(desk: Desk, data: bytes) -> None:
    assert "the file is empty" in refused(desk.path, data)


def test_a_utf_8_mark_and_windows_lines_are_no_problem(desk: Desk) -> None:
    desk.path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert check_storyboard(desk.path) == []


def test_200_mb_are_refused_without_reading_them(desk: Desk) -> None:
    with desk.path.open("wb") as file:
        file.truncate(200 * 2**20)
    start = time.process_time()
    (problem,) = check_storyboard(desk.path)
    assert time.process_time() - start < 0.5
    assert problem.message == "the file has 200 MiB: too large"
    assert problem.fix == "a storyboard may have 16 MiB"


def test_a_folder_and_a_pipe_are_refused(desk: Desk) -> None:
    os.mkfifo(desk.folder / "pipe.yaml")
    assert "not a regular file" in check_storyboard(desk.folder / "pipe.yaml")[0].message
    assert "this is a folder" in check_storyboard(desk.folder / "assets")[0].message
