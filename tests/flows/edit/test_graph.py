"""What has to be worked around in ffmpeg-python, each thing shown where it would go wrong without."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import ffmpeg
import pytest

from flows.edit.graph import captions_of, command, concatenated, copies, filtered, generated, ratio, source, written

CLIP = Path("/clip.mkv")


def words(*outputs: object) -> list[str]:
    return command(Path("/bin/ffmpeg"), outputs)


def test_two_uses_of_a_file_are_two_inputs() -> None:
    twice = concatenated([source(CLIP, number, f="matroska").video for number in (0, 1)])
    made = words(written([twice], Path("/film.mp4"), {}))
    assert made.count("/clip.mkv") == 2
    once = ffmpeg.concat(*(ffmpeg.input("/clip.mkv").video for _ in range(2)), v=1, a=0)
    assert words(ffmpeg.output(once, "/film.mp4")).count("/clip.mkv") == 1  # what ffmpeg-python does by itself


def test_every_tag_is_an_argument_of_its_own() -> None:
    output = written([source(CLIP, 0).video], Path("/film.mp4"), {"c:v": "libx264"}, ["title=a=b; c", "comment=d"])
    made = words(output)
    assert [made[at + 1] for at, word in enumerate(made) if word.startswith("-metadata:g")] == [
        "title=a=b; c",
        "comment=d",
    ]
    assert made[made.index("-c:v") + 1] == "libx264"


def test_a_stream_is_copied_for_each_file() -> None:
    picture, sound = source(CLIP, 0).video, source(CLIP, 0).audio
    files = [
        written([one, other], Path(f"/{number}.mp4"), {})
        for number, (one, other) in enumerate(zip(copies(picture, 2), copies(sound, 2, sound=True), strict=True))
    ]
    made = words(*files)
    graph = made[made.index("-filter_complex") + 1]
    assert graph.count("split=2") == 2
    assert "asplit=2" in graph
    assert {"/0.mp4", "/1.mp4"} <= set(made)


def test_one_picture_needs_no_joining() -> None:
    picture = source(CLIP, 0).video
    assert concatenated([picture]) is picture


def test_options_without_a_value_and_generated_sounds() -> None:
    quiet = generated("anullsrc=r=48000:cl=stereo", Fraction(3, 2))
    loud = source(CLIP, 3, vn=None)["1"]
    made = words(written([filtered([quiet, loud], "amix", inputs=2), captions_of(Path("/c.vtt"))], Path("/o.mp4"), {}))
    assert made[made.index("-t") + 1] == "1.5"
    assert made[made.index("-vn") + 1] != "None"
    assert made[made.index("-itsoffset") + 1] == "3"
    assert "amix=inputs=2" in made[made.index("-filter_complex") + 1]
    assert "webvtt" in made


def test_ffmpeg_is_told_to_be_quiet_and_to_say_how_far_it_is() -> None:
    made = words(written([source(CLIP, 0).video], Path("/film.mp4"), {}))
    assert made[0] == "/bin/ffmpeg"
    assert {"-y", "-nostdin", "-progress"} <= set(made)


@pytest.mark.parametrize(("value", "said"), [(Fraction(24), "24/1"), (Fraction(30000, 1001), "30000/1001")])
def test_rates_are_exact(value: Fraction, said: str) -> None:
    assert ratio(value) == said
