"""Opening audio and video files of strangers.

A "music file" may in truth be a playlist or a concat script that makes the demuxer read other files. Only formats that
hold their own data are allowed, here and on ffmpeg's command line (`flows.edit`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import MediaError
from flows.formats import CONVERT, LONGEST, foreign

if TYPE_CHECKING:
    from av.container import InputContainer

SELF_CONTAINED_FORMATS = (
    "aac,aiff,apng,avi,flac,gif,ivf,m4v,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,ogg,wav,w64"
)
"""FFmpeg's names of the demuxers that read one file and nothing else (`format_whitelist`)."""


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """The file as a PyAV container; every FFmpeg error inside the block becomes a `MediaError` naming the file, and
    what it is where that is known."""
    import av

    try:
        with av.open(str(path), options={"format_whitelist": SELF_CONTAINED_FORMATS}) as container:
            yield container
    except FileNotFoundError:
        raise MediaError(f"{path}: there is no such file") from None
    except (IsADirectoryError, PermissionError) as error:
        raise MediaError(f"{path}: cannot be read: {error.strerror}") from error
    except (av.FFmpegError, OSError, EOFError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> MediaError:
    with path.open("rb") as file:
        name = foreign(file.read(LONGEST))
    if name is not None:
        either = f"{CONVERT['video']}; a sound to {CONVERT['audio'].removeprefix('convert it to ')}"
        return MediaError(f"{path}: {name}, which is not read", either)
    reason = str(getattr(error, "strerror", None) or error)
    return MediaError(f"{path}: not a readable audio or video file ({reason})")
