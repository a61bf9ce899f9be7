"""The manifest: what became of each row, as JSON for programs and Parquet for tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from flows.fields import Seconds
from wan.system.files import replacing, write_atomically

JSON = "manifest.json"
PARQUET = "manifest.parquet"
VERSION = 1

State: TypeAlias = Literal["waiting", "making", "made", "kept", "failed", "refused", "rejected", "stopped"]
STATES: Mapping[State, str] = {
    "waiting": "nothing of it was begun",
    "making": "its clips are rendered, or it is edited",
    "made": "it was made now",
    "kept": "it was there, and nothing it is made of has changed",
    "failed": "a clip could not be rendered, or the film not edited; `error` says why",
    "refused": "something is wrong with its row; `error` says what",
    "rejected": "people have looked at it and decided not to make it; `error` says who",
    "stopped": "it was under way when the batch was stopped, or a cap was reached; `error` says which",
}


@dataclass(slots=True, kw_only=True)
class Entry:
    """A film of the batch, by its row. Paths are relative to the manifest's folder."""

    name: Annotated[str, "its folder; empty: of a row that is refused"]
    row: Annotated[int, "of the table; the header's is 1. Of a sweep its number, from 1"]
    state: Annotated[State, "of the table below"] = "waiting"
    title: str = ""
    variables: Annotated[
        Mapping[str, str],
        "columns and choices of the matrix, without empty cells; of a sweep the overrides that differ",
    ] = field(default_factory=dict)
    film: str | None = None
    captions: Annotated[str | None, "subtitles (WebVTT), if a shot has a caption"] = None
    delivered: Annotated[list[str], "files of `deliver`"] = field(default_factory=list)
    report: str | None = None
    poster: Annotated[str | None, "a picture of the film (JPEG)"] = None
    film_seconds: Annotated[float, "its length"] = 0.0
    seconds: Annotated[Seconds, "rendering its clips, whoever did it, and editing"] = 0.0
    clips: int = 0
    rendered: Annotated[int, "clips rendered for it now"] = 0
    reused: Annotated[int, "clips from the store, or of another film of the batch"] = 0
    estimated_gpu_seconds: Annotated[Seconds, "for clips that were to be rendered, those that it shares too"] = 0.0
    estimated_cost: Annotated[float | None, "of these; null: no price is set"] = None
    gpu_seconds: Annotated[Seconds, "of a GPU, for clips that were rendered for it now, failed attempts too"] = 0.0
    failed_seconds: Annotated[Seconds, "of these, of attempts that failed"] = 0.0
    repeated_seconds: Annotated[Seconds, "of these, of work that was done again"] = 0.0
    cost: Annotated[float | None, "of these; null: no price is set"] = None
    currency: str = ""
    error: str | None = None
    key: Annotated[str, "digest of everything that decides the film"] = ""
    film_bytes: int = 0

    @property
    def finished(self) -> bool:
        """Whether the film is there."""
        return self.state in ("made", "kept")

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do about it: it is there, or nobody wants it."""
        return self.finished or self.state == "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Of a batch: whose it is, and its films in the order of the rows."""

    batch: str
    storyboard: Annotated[str, "path"]
    table: Annotated[str, "path; empty: of a sweep"]
    films: Annotated[Sequence[Entry], "in the order of the rows"]
    overrides: Annotated[Sequence[str], "of a sweep: those of all its films"] = ()
    manifest_version: int = VERSION


def write_json(manifest: Manifest, folder: Path) -> None:
    """Whole, or not at all."""
    write_atomically(folder / JSON, json.dumps(asdict(manifest), indent=1, ensure_ascii=False))


def write_parquet(manifest: Manifest, folder: Path) -> None:
    """A row a film; each variable is a column `variables.NAME`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    plain = [asdict(entry) for entry in manifest.films]
    names = list(dict.fromkeys(name for entry in manifest.films for name in entry.variables))
    columns: dict[str, Any] = {}
    for key, kind in _types().items():
        columns[key] = pa.array([each[key] for each in plain], kind)
    for name in names:
        columns[f"variables.{name}"] = pa.array([each["variables"].get(name) for each in plain], pa.string())
    whose = {"batch": manifest.batch, "storyboard": manifest.storyboard, "table": manifest.table}
    table = pa.table(columns).replace_schema_metadata({f"wanflow.{key}": value for key, value in whose.items()})
    with replacing(folder / PARQUET) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_manifest(folder: Path) -> Manifest | None:
    """What is there of an earlier run; None for nothing, or what cannot be read: then everything is looked at anew."""
    try:
        plain = json.loads((folder / JSON).read_bytes())
        if plain["manifest_version"] != VERSION:
            return None
        films = [Entry(**entry) for entry in plain["films"]]
        return Manifest(**{**plain, "films": films, "overrides": tuple(plain["overrides"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _types() -> dict[str, Any]:
    import pyarrow as pa

    text, whole, real = pa.string(), pa.int64(), pa.float64()
    return {
        "name": text,
        "row": whole,
        "state": text,
        "title": text,
        "film": text,
        "captions": text,
        "delivered": pa.list_(text),
        "report": text,
        "poster": text,
        "film_seconds": real,
        "seconds": real,
        "clips": whole,
        "rendered": whole,
        "reused": whole,
        "estimated_gpu_seconds": real,
        "estimated_cost": real,
        "gpu_seconds": real,
        "failed_seconds": real,
        "repeated_seconds": real,
        "cost": real,
        "currency": text,
        "error": text,
    }
