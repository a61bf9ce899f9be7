"""The folder a film is written to, `outputs/<slug>/`: checked before anything is rendered, owned by one storyboard."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from flows.errors import EnvironmentProblem, UserError
from flows.plan.model import Clip, Plan

OWNER = ".wanflow.json"
FILM = "film.mp4"
REPORT = "report.html"
PLAN = "plan.json"
SHOTS = "shots"

FILM_BYTES = 100 * 2**20
"""Room for a film and its report, generously; they are small beside the lossless clips."""
BYTES_PER_PIXEL = 2
"""Of a lossless RGB clip with everything that is kept beside it; photographs compress to about half."""


def film_folder(plan: Plan) -> Path:
    """Absolute; it need not exist."""
    settings = plan.settings.film
    folder = settings.outputs.absolute() / plan.slug
    return folder / settings.subfolder if settings.subfolder else folder


def claim(plan: Plan) -> Path:
    """Make the folder and note whose it is. Raises UserError when it holds another storyboard's film.

    Raises EnvironmentProblem when it cannot be written to.
    """
    folder = film_folder(plan)
    owner, ours = _owner(folder), str(plan.storyboard.path.resolve())
    if (folder / FILM).exists() and owner != ours:
        of = f"made from {owner}" if owner else "that was not made by wanflow"
        raise UserError(
            f"{folder / FILM} is a film {of}, and would be overwritten\n"
            f"    give this one another title, or another place: film.outputs=FOLDER; or move that folder away"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / OWNER, json.dumps({"storyboard": ours}, indent=2))
    except OSError as error:
        raise EnvironmentProblem(
            f"the film cannot be written to {folder}: {error.strerror}\n    choose another folder: film.outputs=FOLDER"
        ) from error
    return folder


def release(folder: Path, outputs: Path) -> None:
    """Take the folder away again if the film's making left nothing in it, and `outputs` too if it is empty then."""
    with suppress(OSError):
        if os.listdir(folder) == [OWNER]:
            (folder / OWNER).unlink()
            for empty in (folder, *folder.parents):
                if not empty.is_relative_to(outputs):
                    break
                empty.rmdir()


def _owner(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / OWNER).read_text())["storyboard"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check_space(folder: Path, store: str, clips: Iterable[Clip]) -> None:
    """Raises EnvironmentProblem when the disks of film and store have less than rendering these clips may take.

    And when the store cannot be written to, though there are clips to render.
    """
    needed = {folder: FILM_BYTES}
    if "://" not in store:
        size = sum(BYTES_PER_PIXEL * clip.width * clip.height * clip.num_frames for clip in clips)
        needed[Path(store)] = size
        if size:
            _check_writable(Path(store))
    for place, size in needed.items():
        free = shutil.disk_usage(_existing(place)).free
        if free < size:
            key = "film.outputs" if place == folder else "store.path"
            numbers = f"needs about {size / 2**20:,.0f} MiB in {place}, {free / 2**20:,.0f} MiB are free"
            raise EnvironmentProblem(
                f"no space: rendering {numbers}\n    make room, or choose another folder: {key}=FOLDER"
            )


def _check_writable(store: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=_existing(store)):
            pass
    except OSError as error:
        raise EnvironmentProblem(
            f"the store cannot be written to {store}: {error.strerror}\n    choose another folder: store.path=FOLDER"
        ) from error


def _existing(place: Path) -> Path:
    return next(folder for folder in (place, *place.parents) if folder.exists())


def write_atomically(path: Path, text: str) -> None:
    """The whole file or none of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
