"""Digests and facts of input files, remembered between runs by path, size and times."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from flows.errors import MediaError
from flows.media import audio_head, probe_audio, probe_image, probe_video, promised_seconds, video_head
from flows.media.treated import TREATED
from wan.lora.file import UnusableLora, open_lora
from wan.system.digests import FRESH_NS, file_digest
from wan.system.files import cache_folder, replacing
from wan.system.host import cores

Kind: TypeAlias = Literal["image", "audio", "video", "lora"]
HEADER = "header:"
"""Before the key of what only a header was read of."""
MOST_REMEMBERED = 200_000
CUT_OFF = 0.98
"""A sound shorter than so much of what its header says is not whole."""
BATCH = 50
"""Files a thread reads in one go: handing over each alone costs more than reading a small one."""


@dataclass(frozen=True, slots=True)
class Facts:
    """`size` of a picture, `seconds` of a sound, both of a video, neither of a LoRA. The digest is empty where only the
    header was read. `promised`: the seconds that a header says, where much less is there. `treated`: how the file is
    treated when it is read (`flows.media.treated`)."""

    digest: str
    size: tuple[int, int] | None = None
    seconds: float | None = None
    promised: float | None = None
    treated: tuple[str, ...] = ()


def look_at(assets: Mapping[Path, Kind], *, headers: bool = False) -> dict[Path, Facts | MediaError]:
    """What each file is, or what is wrong with it. Known files cost one `stat`; others are read, some at a time: whole,
    or their headers alone."""
    cache = _read_cache()
    facts: dict[Path, Facts | MediaError] = {}
    unknown: list[tuple[Path, Kind, str]] = []
    for path, kind in assets.items():
        key = f"{kind}:{path}"
        stamp = _stamp(path)
        known = (cache.get(key), cache.get(HEADER + key)) if headers else (cache.get(key),)
        entry = next((entry for entry in known if entry is not None and entry[:3] == stamp), None)
        if entry is not None:
            facts[path] = _facts(*entry[3:])
        else:
            unknown.append((path, kind, HEADER + key if headers else key))
    if unknown:
        facts |= _read_files(unknown, cache)
    return facts


def _facts(
    digest: str, size: list[int] | None, seconds: float | None, promised: float | None, treated: list[str]
) -> Facts:
    return Facts(digest, (size[0], size[1]) if size else None, seconds, promised, tuple(treated))


def _read_files(unknown: list[tuple[Path, Kind, str]], cache: dict[str, list[Any]]) -> dict[Path, Facts | MediaError]:
    by_path: dict[Path, Facts | MediaError] = {}
    oldest = time.time_ns() - FRESH_NS
    batches = [unknown[start : start + BATCH] for start in range(0, len(unknown), BATCH)]
    with ThreadPoolExecutor(min(8, cores())) as threads:
        read = [one for batch in threads.map(_read_some, batches) for one in batch]
    for (path, _, key), (stamp, facts) in zip(unknown, read, strict=True):
        by_path[path] = facts
        if isinstance(facts, Facts) and stamp and max(stamp[1:]) < oldest:
            cache[key] = [*stamp, facts.digest, facts.size, facts.seconds, facts.promised, facts.treated]
    _write_cache(cache)
    return by_path


def _read_some(assets: list[tuple[Path, Kind, str]]) -> list[tuple[list[int] | None, Facts | MediaError]]:
    return [_read(asset) for asset in assets]


def _read(asset: tuple[Path, Kind, str]) -> tuple[list[int] | None, Facts | MediaError]:
    path, kind, key = asset
    stamp = _stamp(path)
    try:
        if key.startswith(HEADER):
            return stamp, _header(path, kind)
        if kind == "image":
            picture = probe_image(path)
            return stamp, Facts(file_digest(path), size=picture.size, treated=picture.treated)
        if kind == "lora":
            open_lora(path)
            return stamp, Facts(file_digest(path))
        if kind == "video":
            return stamp, _video(path)
        return stamp, _sound(path, file_digest(path), probe_audio(path))
    except MediaError as error:
        return stamp, error
    except UnusableLora as error:
        return stamp, MediaError(str(error).removeprefix("loras: "), error.fix)
    except OSError as error:
        return stamp, MediaError(f"{path}: cannot be read: {error.strerror}")


def _header(path: Path, kind: Kind) -> Facts:
    if kind == "video":
        head = video_head(path)
        return Facts("", (head.width, head.height), head.seconds, head.promised, head.treated)
    if kind == "audio":
        return _sound(path, "", audio_head(path))
    if kind == "lora":
        open_lora(path)
    return Facts("")


def _video(path: Path) -> Facts:
    head, facts = video_head(path), probe_video(path)
    return Facts(file_digest(path), (facts.width, facts.height), facts.seconds, head.promised, facts.treated)


def _sound(path: Path, digest: str, seconds: float | None) -> Facts:
    promised = promised_seconds(path)
    much_less = seconds is not None and promised is not None and seconds < promised * CUT_OFF
    return Facts(digest, seconds=seconds, promised=promised if much_less else None)


def _stamp(path: Path) -> list[int] | None:
    """Size, modification time, and change time, which `cp -p` and `touch` cannot set back."""
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]


def _cache_file() -> Path:
    """Another one when files are looked at for other things: what was remembered before did not know of them."""
    known = repr(sorted((name, treatment.version) for name, treatment in TREATED.items()))
    return cache_folder() / f"assets-{hashlib.sha256(known.encode()).hexdigest()[:8]}.json"


def _read_cache() -> dict[str, list[Any]]:
    """The cache, or nothing: one that cannot be read costs time and no more."""
    try:
        value = json.loads(_cache_file().read_bytes())
    except (OSError, ValueError):
        return {}
    rows = value.items() if isinstance(value, dict) else ()
    return {key: row for key, row in rows if isinstance(row, list) and len(row) == 8}


def _write_cache(cache: dict[str, list[Any]]) -> None:
    with contextlib.suppress(OSError):
        file = _cache_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as temporary:  # not settled on the disk: losing it costs time, nothing else
            temporary.write_text(json.dumps(dict(list(cache.items())[-MOST_REMEMBERED:])), encoding="utf-8")
