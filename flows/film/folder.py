"""The folder a film is written to, `outputs/<slug>/`: checked before anything is rendered, owned by one storyboard."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import FileIO
from pathlib import Path

from flows.errors import EnvironmentProblem, UserError
from flows.planning.model import Clip, Plan
from flows.store import ANOTHER
from wan.system.locks import in_place, try_lock

OWNER = ".wanflow.json"
FILM = "film.mp4"
REPORT = "report.html"
MISSING = "missing.html"
PLAN = "plan.json"
SHOTS = "shots"

FILM_BYTES = 100 * 2**20
"""Room for a film and its report, generously; they are small beside the lossless clips."""
TEMPORARY_BYTES = 4 * 2**20
"""Room for what the programs of a render put into the temporary folder, clips apart."""
BYTES_PER_PIXEL = 2
"""Of a lossless RGB clip with everything that is kept beside it; photographs compress to about half."""

_TRIES = 100
_SAYING_SECONDS, _LOOK_SECONDS = 1.0, 0.02
_ELSEWHERE = "    give this one another title, or another place: film.outputs=FOLDER"


def film_folder(plan: Plan) -> Path:
    """Absolute; it need not exist."""
    settings = plan.settings.film
    folder = settings.outputs.absolute() / plan.slug
    return folder / settings.subfolder if settings.subfolder else folder


def say_nothing(text: str) -> None:
    """To nobody."""


@contextmanager
def claimed(plan: Plan, say: Callable[[str], None] = say_nothing) -> Iterator[Path]:
    """The folder of a film, made and noted to be its storyboard's, as `claimed_for` does it."""
    storyboard = plan.storyboard
    ours = owner_of(storyboard.sent_from) if storyboard.sent_from else str(storyboard.path.resolve())
    with claimed_for(ours, film_folder(plan), plan.settings.film.outputs.absolute(), say) as folder:
        yield folder


def owner_of(sent_from: str) -> str:
    """Whose a film is that was made of a storyboard sent from there: where it came from, its file alone."""
    machine, _, path = sent_from.partition(":")
    return path if machine.rpartition("@")[2] == socket.gethostname() else sent_from


@contextmanager
def claimed_for(
    ours: str,
    folder: Path,
    outputs: Path,
    say: Callable[[str], None] = say_nothing,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Path]:
    """The folder, made and noted to be that storyboard's; nobody else writes to it meanwhile. Another command that
    makes the film of the same storyboard there is waited for, which is said. Taken away again if the film's making left
    nothing in it, and `outputs` too if it is empty then. `check` raises UserError where what lies in it is another's;
    it is asked when nobody else can write there any more, and before anything is changed.

    Raises UserError when it holds another storyboard's film or one is being made there, EnvironmentProblem when it
    cannot be written to.
    """
    _check_name(folder, "film.outputs")
    with ExitStack() as held:
        try:
            check_links(folder, "film.outputs")
            file = held.enter_context(_owned(folder, ours, say, check))
        except OSError as error:
            raise EnvironmentProblem(
                f"the film cannot be written to {folder}: {error.strerror}\n"
                "    choose another folder: film.outputs=FOLDER"
            ) from error
        try:
            yield folder
        finally:
            _release(file, folder, outputs)


def _owned(folder: Path, ours: str, say: Callable[[str], None], check: Callable[[], None]) -> FileIO:
    """The note, locked. A film that came to nothing may take it away, with the folder, while we wait: then again.

    Raises OSError where there is no folder at any try: none can be made there (`/proc` says so in the same words).
    """
    gone: OSError | None = None
    for _ in range(_TRIES):
        with ExitStack() as opened:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                file = opened.enter_context(_open(folder / OWNER))
            except FileNotFoundError as error:
                gone = error
                continue
            gone = None
            if _own(file, folder, ours, say, check):
                opened.pop_all()
                return file
    if gone is not None:
        raise gone
    raise UserError(f"{folder} is made and taken away by other commands all the time\n{_ELSEWHERE}")


def _open(note: Path) -> FileIO:
    """To be read and written in place: nothing of it is lost by opening."""
    return FileIO(note, "r+", opener=lambda path, flags: os.open(path, flags | os.O_CREAT, 0o666))


def _own(file: FileIO, folder: Path, ours: str, say: Callable[[str], None], check: Callable[[], None]) -> bool:
    """Who writes into the folder holds the lock alone. False: the file is no longer the one in the folder."""
    if not try_lock(file):
        _wait(file, folder, ours, say)
    if not in_place(file, folder / OWNER):
        return False
    try:
        check()
        if _owner(file) != ours:
            _check_film(folder, _owner(file), ours)
            _change_owner(file, ours)
    except UserError:
        if not os.fstat(file.fileno()).st_size:
            (folder / OWNER).unlink()  # nobody's film: the note is there since we opened it
        raise
    return True


def _wait(file: FileIO, folder: Path, ours: str, say: Callable[[str], None]) -> None:
    """Until the folder is free, and ours. Whoever has just come may not have said yet whose film it makes.

    Raises UserError when that is another storyboard's.
    """
    deadline = time.monotonic() + _SAYING_SECONDS
    while (owner := _owner(file)) != ours:
        if try_lock(file):
            return
        if time.monotonic() > deadline:
            _check_film(folder, owner, ours)
            raise UserError(f"{folder} is being written by another command, which renders {owner}\n{_ELSEWHERE}")
        time.sleep(_LOOK_SECONDS)
    say(f"{folder} is being written by another command, which renders the same storyboard; waiting until it is done")
    while not try_lock(file):
        time.sleep(_LOOK_SECONDS)


def _change_owner(file: FileIO, ours: str) -> None:
    note = json.dumps({"storyboard": ours}, indent=2).encode()
    os.pwrite(file.fileno(), note, 0)
    os.ftruncate(file.fileno(), len(note))  # last: a note that could not be written whole is not lost


def _check_film(folder: Path, owner: str | None, ours: str) -> None:
    if (folder / FILM).exists() and owner != ours:
        of = f"made from {owner}" if owner else "that was not made by wanflow"
        raise UserError(f"{folder / FILM} is a film {of}, and would be overwritten\n{_ELSEWHERE}; or move it away")


def _release(file: FileIO, folder: Path, outputs: Path) -> None:
    with suppress(OSError):
        if try_lock(file) and in_place(file, folder / OWNER) and os.listdir(folder) == [OWNER]:
            (folder / OWNER).unlink()
            for empty in (folder, *folder.parents):
                if not empty.is_relative_to(outputs):
                    break
                empty.rmdir()


def _owner(file: FileIO) -> str | None:
    try:
        file.seek(0)
        return str(json.loads(file.read())["storyboard"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check_space(folder: Path, store: Path | None, clips: Iterable[Clip], *, here: bool = True) -> None:
    """Raises EnvironmentProblem when the disks of film and store (the folder that it fills, if it does) have less than
    rendering these clips may take, and when the store cannot be written to though there are clips to render. `here`: by
    workers of this machine, which write a clip into its temporary folder first.
    """
    sizes = [BYTES_PER_PIXEL * clip.spec.width * clip.spec.height * clip.spec.num_frames for clip in clips]
    _check_free("film.outputs", folder, FILM_BYTES)
    if store is not None:
        _check_name(store, "store.address")
        if sizes:
            _check_writable(store)
        _check_free("store.address", store, sum(sizes))
    if sizes and here:
        _check_free("TMPDIR", _temporary(), TEMPORARY_BYTES + max(sizes))


def _check_free(key: str, place: Path, size: int) -> None:
    free = shutil.disk_usage(_existing(place)).free
    if free < size:
        numbers = f"needs about {size / 2**20:,.0f} MiB in {place}, {free / 2**20:,.0f} MiB are free"
        raise EnvironmentProblem(
            f"no space: rendering {numbers}\n    make room, or choose another folder: {key}=FOLDER"
        )


def _temporary() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise EnvironmentProblem(
            "no folder for temporary files can be written to\n    choose one: TMPDIR=FOLDER"
        ) from error


def _check_name(place: Path, key: str) -> None:
    """What ffmpeg is told of has a name in UTF-8, as its own language is."""
    try:
        str(place).encode()
    except UnicodeEncodeError as error:
        raise EnvironmentProblem(
            f"{place}: a folder of that name cannot be used, as it is no UTF-8\n    choose another: {key}=FOLDER"
        ) from error


def check_links(place: Path, key: str) -> None:
    """Raises EnvironmentProblem when a folder on the way to `place` is a link to what is not there: none can be made
    in its stead, and the system says no more than that it exists."""
    link = next((at for at in (place, *place.parents) if at.is_symlink() and not at.exists()), None)
    if link is not None:
        to = os.path.realpath(link)
        raise EnvironmentProblem(
            f"{link} is a link to {to}, which is not there\n    mount or make that, or choose another: {key}=FOLDER"
        )


def _check_writable(store: Path) -> None:
    check_links(store, "store.address")
    try:
        with tempfile.TemporaryFile(dir=_existing(store)):
            pass
    except OSError as error:
        raise EnvironmentProblem(
            f"the store cannot be written to {store}: {error.strerror}\n    choose another folder: {ANOTHER}"
        ) from error


def _existing(place: Path) -> Path:
    return next(folder for folder in (place, *place.parents) if folder.exists())
