"""What is in a submission: the storyboard, the files that it shares or names, and where each of them lies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from flows.errors import StoreError, UserError

VERSION = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """Paths are relative to one folder that holds them all, with slashes: what one file says of another still leads
    there. `files` maps them to digests of blobs; `shared` are the folders that looks, casts and soundtracks lie under.
    `sent_from` says whose storyboard it is: `person@machine:path`. Of a batch, `table_from` says the
    same of its table, and `fetched` are the files of the table's addresses."""

    title: str
    sent_from: str
    storyboard: str
    shared: tuple[str, ...]
    files: Mapping[str, str]
    fetched: Mapping[str, str] = field(default_factory=dict)
    table_from: str = ""

    def to_json(self) -> bytes:
        """The same bytes for the same submission, so that their digest names it."""
        plain = {
            "version": VERSION,
            "title": self.title,
            "sent_from": self.sent_from,
            "storyboard": self.storyboard,
            "shared": list(self.shared),
            "files": dict(self.files),
            "fetched": dict(self.fetched),
            "table_from": self.table_from,
        }
        return json.dumps(plain, ensure_ascii=True, sort_keys=True, indent=1).encode()


def manifest_from_json(data: bytes) -> Manifest:
    """Raises StoreError for what is no manifest, or leads out of its folder; UserError for one of a later wanflow."""
    try:
        plain = json.loads(data)
        if plain["version"] != VERSION:
            raise UserError(
                f"this storyboard was sent by another wanflow (form {plain['version']}, and {VERSION} is read here)\n"
                "    install the same version on both machines"
            )
        return _manifest(plain)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"what was sent is damaged: {type(error).__name__}: {error}") from error


def _manifest(plain: Mapping[str, Any]) -> Manifest:
    files = {_inside(path): str(digest) for path, digest in plain["files"].items()}
    if plain["storyboard"] not in files:
        raise ValueError("its storyboard is not among its files")
    shared = tuple(folder if folder == "." else _inside(folder) for folder in plain["shared"])
    fetched = {str(address): path for address, path in plain["fetched"].items()}
    if not files.keys() >= set(fetched.values()):
        raise ValueError("a file that was fetched is not among its files")
    return Manifest(
        title=str(plain["title"]),
        sent_from=str(plain["sent_from"]),
        storyboard=plain["storyboard"],
        shared=shared,
        files=files,
        fetched=fetched,
        table_from=str(plain["table_from"]),
    )


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == "/" or ".." in parts or "\0" in path or str(PurePosixPath(path)) != path:
        raise ValueError(f"{path!r} is no path in a folder")
    return path
