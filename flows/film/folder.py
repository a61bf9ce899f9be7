"""The folder a film is written to, `outputs/<slug>/`: checked before anything is rendered, owned by one storyboard."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

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

_ELSEWHERE = "    give this one another title, or another place: film.outputs=FOLDER"


def film_folder(plan: Plan) -> Path:
    """Absolute; it need not exist."""
    settings = plan.settings.film
    folder = settings.outputs.absolute() / plan.slug
    return folder / settings.subfolder if settings.subfolder else folder


@contextmanager
def claimed(plan: Plan) -> Iterator[Path]:
    """The folder, made and noted to be this storyboard's; nobody else's film is written to it meanwhile. Taken away
    again if the film's making left nothing in it, and `outputs` too if it is empty then.

    Raises UserError when it holds another storyboard's film or one is being made there, EnvironmentProblem when it
    cannot be written to.
    """
    folder = film_folder(plan)
    ours = str(plan.storyboard.path.resolve())
    _check_film(folder, _owner(folder), ours)
    with ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = held.enter_context((folder / OWNER).open("a+", encoding="utf-8"))
            _own(file, folder, ours)
        except OSError as error:
            raise EnvironmentProblem(
                f"the film cannot be written to {folder}: {error.strerror}\n"
                "    choose another folder: film.outputs=FOLDER"
            ) from error
        try:
            yield folder
        finally:
            _release(file, folder, plan.settings.film.outputs.absolute())


def _own(file: TextIO, folder: Path, ours: str) -> None:
    """Everyone who renders into the folder holds a shared lock; its owner is changed by who has it alone."""
    if _has_alone(file):
        _check_film(folder, _owner(folder), ours)
        file.truncate(0)
        file.write(json.dumps({"storyboard": ours}, indent=2))
        file.flush()
    fcntl.flock(file, fcntl.LOCK_SH)
    if (owner := _owner(folder)) != ours:
        raise UserError(f"{folder} is being written by another command, which renders {owner}\n{_ELSEWHERE}")


def _has_alone(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _check_film(folder: Path, owner: str | None, ours: str) -> None:
    if (folder / FILM).exists() and owner != ours:
        of = f"made from {owner}" if owner else "that was not made by wanflow"
        raise UserError(f"{folder / FILM} is a film {of}, and would be overwritten\n{_ELSEWHERE}; or move it away")


def _release(file: TextIO, folder: Path, outputs: Path) -> None:
    with suppress(OSError):
        if _has_alone(file) and os.listdir(folder) == [OWNER]:
            (folder / OWNER).unlink()
            for empty in (folder, *folder.parents):
                if not empty.is_relative_to(outputs):
                    break
                empty.rmdir()


def _owner(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / OWNER).read_text(encoding="utf-8"))["storyboard"])
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
