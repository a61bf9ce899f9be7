"""Storyboards on disk, written by the tests, with pictures and sound of the smallest size beside them."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from flows.errors import Problem
from flows.storyboard import Storyboard, check_storyboard, load_storyboard


class Desk:
    """A folder with a storyboard in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "film.yaml"

    def write(self, text: str, name: str = "film.yaml") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, text: str, overrides: Sequence[str] = (), roots: Sequence[Path] = ()) -> Storyboard:
        return load_storyboard(self.write(text), overrides=overrides, roots=roots)

    def check(self, text: str, overrides: Sequence[str] = (), roots: Sequence[Path] = ()) -> list[Problem]:
        return check_storyboard(self.write(text), overrides=overrides, roots=roots)

    def the_problem(self, text: str, overrides: Sequence[str] = ()) -> Problem:
        """The only problem there is."""
        found = self.check(text, overrides)
        assert len(found) == 1, "\n".join(map(str, found)) or "no problem was found"
        return found[0]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    assets = tmp_path / "assets"
    assets.mkdir()
    Image.new("RGB", (16, 16), "white").save(assets / "boat.png")
    Image.new("RGB", (16, 16), "navy").save(assets / "end.png")
    with wave.open(str(assets / "talk.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    (assets / "fur.safetensors").write_bytes(b"\2\0\0\0\0\0\0\0{}")
    (assets / "dance.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isommp42")
    return Desk(tmp_path)


FILM = "storyboard: 1\ntitle: A film\nscenes:\n  - id: river\n    shots:\n"


@pytest.fixture
def film() -> str:
    """The beginning of a storyboard; the tests add shots, six blanks in."""
    return FILM
