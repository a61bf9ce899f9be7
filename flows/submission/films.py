"""A finished film for whoever sent its storyboard: its files as blobs, and a note that names them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from flows.errors import EnvironmentProblem, StoreError
from flows.film.folder import claimed_for, owner_of, say_nothing
from flows.film.result import FilmResult
from flows.store import Store
from flows.store.layout import film_note
from wan.system.files import replacing


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file of a film: its path in the film's folder, and its blob."""

    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class FilmFiles:
    """What was made of a submission, and whose it was (`Manifest.sent_from`).

    `folder` is the film's, relative to the folder of films; the film is first of the `files`, if it was made whole.
    `seconds` is the whole time; takes are counted as in `FilmResult`.
    """

    sent_from: str
    folder: str
    files: tuple[MadeFile, ...]
    rendered: int
    cached: int
    seconds: float
    warnings: tuple[str, ...]


def publish_film(store: Store, run: str, sent_from: str, outputs: Path, result: FilmResult) -> FilmFiles:
    """Put the files of a film where who sent its storyboard finds them, under the run that made it.

    Raises StoreError, EnvironmentProblem, MediaError.
    """
    folder = result.plan_path.parent
    made = FilmFiles(
        sent_from=sent_from,
        folder=folder.relative_to(outputs.absolute()).as_posix(),
        files=put_files(store, folder, _paths(result)),
        rendered=result.rendered,
        cached=result.cached,
        seconds=result.seconds,
        warnings=result.warnings,
    )
    note_files(store, run, made)
    return made


def put_files(store: Store, folder: Path, paths: Iterable[Path]) -> tuple[MadeFile, ...]:
    """Files of a folder, as blobs. Raises StoreError, EnvironmentProblem, MediaError."""
    return tuple(MadeFile(path.relative_to(folder).as_posix(), store.put_file(path)) for path in paths)


def note_files(store: Store, run: str, made: FilmFiles) -> None:
    """What that run has made, where `film_files` finds it. Raises StoreError, EnvironmentProblem."""
    store.put_note(film_note(run), json.dumps(asdict(made), ensure_ascii=False, indent=1).encode())


def film_files(store: Store, run: str) -> FilmFiles | None:
    """What a run has made, if it was made of a submission. Raises StoreError, also for a damaged note."""
    data = store.note(film_note(run))
    if data is None:
        return None
    try:
        plain = json.loads(data)
        files = tuple(MadeFile(_inside(file["path"]), str(file["digest"])) for file in plain["files"])
        return FilmFiles(
            sent_from=str(plain["sent_from"]),
            folder=_inside(plain["folder"]),
            files=files,
            rendered=int(plain["rendered"]),
            cached=int(plain["cached"]),
            seconds=float(plain["seconds"]),
            warnings=tuple(plain["warnings"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"the note of the film of run {run} is damaged: {error}") from error


def write_film(
    store: Store, made: FilmFiles, outputs: Path, say: Callable[[str], None] = say_nothing
) -> tuple[Path, ...]:
    """Write its files below `outputs`, as if it had been made here; returns their paths, the film's first. A command
    that makes the film there is waited for, which is said.

    Raises BlobMissing, BlobCorrupt, EnvironmentProblem, UserError when another storyboard's film is there.
    """
    folder = outputs.absolute() / made.folder
    with claimed_for(owner_of(made.sent_from), folder, outputs.absolute(), say) as folder:
        return tuple(_written(store.local_path(file.digest), folder / file.path) for file in made.files)


def _written(blob: Path, place: Path) -> Path:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place) as whole:
            shutil.copyfile(blob, whole)
    except OSError as error:
        raise EnvironmentProblem(
            f"{place} cannot be written: {error.strerror}\n    choose another folder: film.outputs=FOLDER"
        ) from error
    return place


def _paths(result: FilmResult) -> Iterator[Path]:
    delivered = [made.path for made in result.delivered]
    yield from (path for path in (result.path, *delivered, result.captions, result.report) if path is not None)
    yield from result.clips
    yield result.plan_path


def _inside(path: str) -> str:
    """Raises ValueError for a path that leads elsewhere: others write notes too."""
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise ValueError(f"{path!r} is no path in a folder")
    return path
