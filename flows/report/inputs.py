"""What a shot was made from, to be looked at: pictures, a frame of each video, the shape of its sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import MediaError
from flows.media import frames_at, load_image, probe_video, read_audio
from flows.plan.model import Plan, Take
from flows.plan.motion import PREPARED
from flows.report.frames import jpeg_uri
from flows.store.prepared import prepared
from flows.store.protocol import Store

if TYPE_CHECKING:
    from flows.report.frames import Frame

WIDTH = 240
"""Pixels of a picture, at most."""
BARS = 240
"""Of a sound's shape."""


@dataclass(frozen=True, slots=True)
class Input:
    """`what` it is to the shot, the `file` it is from, and a picture of it (data URI)."""

    what: str
    file: str
    picture: str | None


def inputs_of(take: Take, plan: Plan, store: Store) -> tuple[Input, ...]:
    """Pictures and videos of the shot, in the order it uses them. What is not there any more is only named."""
    return tuple(_inputs(take, plan, store))


def _inputs(take: Take, plan: Plan, store: Store) -> Iterator[Input]:
    first, last = take.clips[0], take.clips[-1].last_image
    if first.image is not None:
        yield _input("Picture", _path(first.image, plan))
    if last is not None:
        yield _input("Last picture", _path(last, plan))
    for medium in first.media:
        if medium.name == PREPARED:
            videos = prepared(store, medium.digest) or {}
            yield from (_input(name.capitalize(), store.local_path(videos[name]), "prepared") for name in videos)
        elif medium.name != "audio":
            what = medium.name.removesuffix("s").capitalize()
            yield _input(f"{what}, {medium.option}" if medium.option else what, _path(medium.digest, plan))


def _path(digest: str, plan: Plan) -> Path:
    return Path(plan.assets.get(digest, digest[:12]))


def _input(what: str, path: Path, file: str | None = None) -> Input:
    try:
        picture = jpeg_uri(_look(path), WIDTH)
    except (MediaError, OSError):
        picture = None
    return Input(what, file or path.name, picture)


def _look(path: Path) -> Frame:
    """The picture, or a frame from the middle of the video."""
    try:
        return load_image(path)
    except MediaError:
        return frames_at(path, [probe_video(path).num_frames // 2])[0]


def sound_shape(digest: str | None, seconds: float, plan: Plan) -> str | None:
    """The loudness of a shot's sound from its beginning to its end, as an SVG path in a box of `BARS` × 2."""
    if digest is None:
        return None
    try:
        samples, rate = read_audio(_path(digest, plan))
    except (MediaError, OSError):
        return None
    step = max(1, round(seconds * rate / BARS))
    peaks = [abs(samples[start : start + step]).max(initial=0.0) for start in range(0, BARS * step, step)]
    loudest = max(*peaks, 1e-6)
    return "".join(f"M{x + 0.5:g} {1 - peak / loudest:.2f}v{2 * peak / loudest:.2f}" for x, peak in enumerate(peaks))
