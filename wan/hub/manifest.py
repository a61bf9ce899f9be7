"""`wanflow.json` in a pulled folder: where it is from, and size and sha256 of every file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from wan.errors import CheckpointError
from wan.system.files import write_atomically
from wan.weights.places import MANIFEST


@dataclass(frozen=True, slots=True)
class File:
    """Size in bytes, sha256 in hex, and what the hub knows the file by (`sha256:…`, `git:…`)."""

    size: int
    sha256: str
    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Where a folder was pulled from. `files` are by their path in it, with `/`; `commit` may be empty."""

    name: str
    hub: str
    repo: str
    revision: str
    commit: str
    layout: str
    licence: str
    variant: str | None
    files: Mapping[str, File]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Written at once or not at all."""
    write_atomically(folder / MANIFEST, json.dumps({"wanflow": 1, **asdict(manifest)}, indent=1))


def read_manifest(folder: Path) -> Manifest | None:
    """None when the folder was not pulled. Raises `CheckpointError` when it cannot be understood."""
    path = folder / MANIFEST
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        files = {name: File(**file) for name, file in row.pop("files").items()}
        if row.pop("wanflow") != 1:
            raise CheckpointError(f"{path} was written by a newer wanflow")
        return Manifest(**row, files=files)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise CheckpointError(f"{path} cannot be read: it belongs to somebody who keeps it to themselves") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} cannot be understood ({type(error).__name__}: {error}); pull again") from error
