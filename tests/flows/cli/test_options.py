"""Options that commands share."""

from __future__ import annotations

import os
import subprocess

import pytest

from flows.cli.options import print_json, stdout_for_json


def test_stdout_is_the_documents_alone_whoever_prints(capfd: pytest.CaptureFixture[str]) -> None:
    with stdout_for_json():
        print("a library")
        os.write(1, b"in C\n")
        subprocess.run(["echo", "a process"], check=True)
    print_json({"film": "film.mp4"})
    out, err = capfd.readouterr()
    assert out == '{\n  "film": "film.mp4"\n}\n'
    assert sorted(err.splitlines()) == ["a library", "a process", "in C"]
