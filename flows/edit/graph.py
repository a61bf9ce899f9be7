"""Graphs of ffmpeg-python, the only module that imports it. What has to be worked around in it stands here, each once.

- It has no types. `Stream` is one of its streams, `Output` one of its outputs.
- It makes equal inputs one, and one decoder cannot serve two places of a film. `source` tells them apart by
  `itsoffset`, which moves timestamps; whoever reads a source counts its timestamps anew (`setpts`, `asetpts`).
- It takes an option once, and ffmpeg takes `-metadata` many times. `written` numbers the tags: ffmpeg reads
  `-metadata:g:3` as it reads `-metadata:g`.
- It lets a stream be used once, unless it is split.
- It runs ffmpeg without saying how far it is, and leaves it running when this process is killed. So it only makes the
  command line (`command`), and `flows.edit.process` runs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from flows.edit.process import QUIET

Stream = Any
Output = Any


def source(file: Path, number: int, **options: str | None) -> Stream:
    """A file as input; `number` is another one for each use of the same file. None: an option without a value."""
    return ffmpeg.input(str(file), itsoffset=number, **options)


def captions_of(file: Path) -> Stream:
    """The captions in a WebVTT file."""
    return ffmpeg.input(str(file), f="webvtt")["s"]


def generated(description: str, seconds: Fraction) -> Stream:
    """What a source of libavfilter makes, such as `anullsrc`."""
    return ffmpeg.input(description, f="lavfi", t=float(seconds))


def filtered(streams: Sequence[Stream], name: str, **options: str | int | float) -> Stream:
    """A filter of several streams. One of a single stream is `stream.filter(name, …)`."""
    return ffmpeg.filter(list(streams), name, **options)


def concatenated(pictures: Sequence[Stream]) -> Stream:
    """Pictures one after the other."""
    return pictures[0] if len(pictures) == 1 else ffmpeg.concat(*pictures, v=1, a=0)


def copies(stream: Stream, number: int, *, sound: bool = False) -> list[Stream]:
    """The stream, as often as it is needed."""
    split = stream.filter_multi_output("asplit" if sound else "split", number)
    return [split[index] for index in range(number)]


def written(
    streams: Sequence[Stream], file: Path, options: Mapping[str, str | int], tags: Sequence[str] = ()
) -> Output:
    """A file of these streams; `tags` are `key=value` each."""
    marks = {f"metadata:g:{number}": tag for number, tag in enumerate(tags)}
    return ffmpeg.output(*streams, str(file), **options, **marks)


def command(binary: Path, outputs: Sequence[Output]) -> list[str]:
    """What to run to write all `outputs`, over what is there."""
    merged = ffmpeg.merge_outputs(*outputs).global_args(*QUIET)
    words: list[str] = ffmpeg.compile(merged, cmd=str(binary), overwrite_output=True)
    return words


def ratio(value: Fraction) -> str:
    """A rate or a length of time as ffmpeg reads it exactly: `30000/1001`."""
    return f"{value.numerator}/{value.denominator}"
