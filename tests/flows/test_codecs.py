"""One table a codec: the language is made from it, and the ffmpeg that is shipped can write them all."""

from __future__ import annotations

import subprocess
from pathlib import Path

from flows.codecs import CODECS
from flows.edit import find_ffmpeg
from flows.settings import FilmSettings
from flows.storyboard import words


def test_the_language_knows_every_row_and_nothing_else() -> None:
    assert {name: codec.help for name, codec in CODECS.items()} == words.VIDEO_CODECS


def test_the_shipped_ffmpeg_can_write_every_codec(tmp_path: Path) -> None:
    binary = find_ffmpeg(FilmSettings(outputs=tmp_path, subfolder=None, crf=18, preset="fast", ffmpeg=None))
    said = subprocess.run([binary, "-encoders"], capture_output=True, text=True, check=True).stdout.split()
    assert {str(codec.options["c:v"]) for codec in CODECS.values()} <= set(said)
    assert {str(codec.sound["c:a"]) for codec in CODECS.values()} <= set(said)


def test_every_container_is_one_that_can_be_marked() -> None:
    assert {codec.container.ending for codec in CODECS.values()} <= {".mp4", ".mov"}
