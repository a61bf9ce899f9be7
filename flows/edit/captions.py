"""Captions as WebVTT: a file beside the film for browsers, and the source of the subtitle track inside it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from flows.edit.timeline import Timeline

TRACK = "track.vtt"


@dataclass(frozen=True, slots=True)
class Captions:
    """`beside` goes next to the film, `track` is what ffmpeg puts into it."""

    beside: Path
    track: Path


def write_captions(timeline: Timeline, folder: Path) -> Captions | None:
    """Write the captions into `folder`; None if no shot has one."""
    text = webvtt(timeline)
    if text is None:
        return None
    captions = Captions(folder / "film.vtt", folder / TRACK)
    captions.beside.write_text(text, encoding="utf-8")
    # ffmpeg's subtitles pass through a language where braces are orders; its own escapes end up on the screen
    captions.track.write_text(text.replace("{", "(").replace("}", ")"), encoding="utf-8")
    return captions


def webvtt(timeline: Timeline) -> str | None:
    """One cue for each shot with a caption, from its first frame until the next shot begins; None without captions."""
    cues = []
    following = [entry.start for entry in timeline.entries[1:]] + [timeline.num_frames]
    for entry, end in zip(timeline.entries, following, strict=True):
        text = "\n".join(line.strip() for line in (entry.caption or "").splitlines() if line.strip())
        if text:
            begin, until = _clock(entry.start / timeline.rate), _clock(end / timeline.rate)
            cues.append(f"{begin} --> {until}\n{html.escape(text, quote=False)}\n")
    return "WEBVTT\n\n" + "\n".join(cues) if cues else None


def _clock(seconds: Fraction) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
