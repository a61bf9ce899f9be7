"""Files are known by their first bytes, and those that are read are never taken for others."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.formats import LONGEST, foreign, picture_fault

SHIPPED = Path(__file__).parents[2] / "storyboards" / "assets"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x06\x0e\x2b\x34\x02\x05", "an MXF file"),
        (b"\x0b\x77\x8a\x0b", "an AC-3 sound"),
        (b"#!AMR-WB\n", "an AMR sound"),
        (b".snd\0\0\0\x18", "an AU sound"),
        (b"\0\0\0\x01\x67\x64", "a raw H.264 video without a container"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", "a HEIC photo"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0avifmif1", None),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", None),
        (b"", None),
    ],
)
def test_a_file_is_called_what_it_is(head: bytes, name: str | None) -> None:
    assert foreign(head) == name


def test_files_that_are_read_are_not_foreign() -> None:
    for path in SHIPPED.iterdir():
        assert not path.is_file() or foreign(path.read_bytes()[:LONGEST]) is None


def test_only_a_jpeg_may_be_larger() -> None:
    assert picture_fault("JPEG", "RGB", (16320, 12240)) is None
    assert picture_fault("PNG", "RGB", (16320, 12240)) is not None
    assert picture_fault("PNG", "I", (8, 8)) is None
