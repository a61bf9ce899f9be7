"""ffmpeg, the only place that knows it: from rendered takes to a finished film."""

from flows.edit.capabilities import check_ffmpeg
from flows.edit.film import captions_beside, edit_film
from flows.edit.process import ffmpeg_version, find_ffmpeg
from flows.edit.timeline import Entry, SourceRange, Timeline, Voice, chosen_take, make_timeline

__all__ = [
    "Entry",
    "SourceRange",
    "Timeline",
    "Voice",
    "captions_beside",
    "check_ffmpeg",
    "chosen_take",
    "edit_film",
    "ffmpeg_version",
    "find_ffmpeg",
    "make_timeline",
]
