"""Fetches files by several connections at once, in parts, until every one is whole and has the hub's digest.

A part that is cut goes on where it was. Files whose digest the hub lists are known by it; for the others `If-Range`
keeps the bytes of two versions apart. A server that knows no ranges sends a file in one piece, from its beginning.
"""

from __future__ import annotations

import heapq
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from wan.errors import HubError
from wan.hub.download import Download, WrongDigest
from wan.hub.hubs import RemoteFile
from wan.hub.journal import Journal
from wan.hub.wire import Passing, Wire, host_of

PART_BYTES = 128 * 1024 * 1024
"""Large enough that a checkpoint of 126 GB takes a thousand requests, small enough that connections share a file."""

CONNECTIONS = 8
_SECONDS_TO_END = 5.0


class Progress(Protocol):
    """Told what happens, from any thread."""

    def arrived(self, count: int) -> None:
        """So many more bytes are here; negative when some were thrown away."""

    def file_done(self, path: str) -> None:
        """A file is whole and checked."""

    def note(self, text: str) -> None:
        """Something a person may want to know."""


@dataclass(frozen=True, slots=True, order=True)
class _Task:
    file: int
    part: int
    round: int


class Transfer:
    """One run over the files of a journal that are not whole yet."""

    def __init__(
        self,
        wire: Wire,
        url_of: Callable[[str], str],
        files: Sequence[RemoteFile],
        folder: Path,
        journal: Journal,
        progress: Progress,
        *,
        connections: int = CONNECTIONS,
        part_bytes: int = PART_BYTES,
    ) -> None:
        self._wire = wire
        self._url_of = url_of
        self._journal = journal
        self._progress = progress
        self._connections = connections
        self._part_bytes = part_bytes
        todo = [file for file in files if journal.entries[file.path].sha256 is None]
        self._folder = folder
        self._remote = todo
        self._files: dict[int, Download] = {}
        self._change = threading.Condition()
        self._tasks: list[_Task] = [_Task(index, -1, 0) for index in range(len(todo))]
        self._at_work = 0
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Fetch them all. Raises the first `HubError` or `OSError`; what arrived until then is kept."""
        count = min(self._connections, max(1, len(self._tasks)) * 4)
        threads = [threading.Thread(target=self._work, name=f"pull-{i}", daemon=True) for i in range(count)]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)  # with a limit, so that Ctrl-C is heard
        finally:
            self._end(threads)
        if self._failure is not None:
            raise self._failure

    def _end(self, threads: Sequence[threading.Thread]) -> None:
        self._wire.stop.set()
        with self._change:
            self._change.notify_all()
        for thread in threads:
            thread.join(_SECONDS_TO_END)
        if not any(thread.is_alive() for thread in threads):  # else the process is about to end, and closes them
            for file in self._files.values():
                file.close()
        self._journal.save(at_once=True)

    def _work(self) -> None:
        while (task := self._next()) is not None:
            try:
                self._do(task)
            except BaseException as error:  # noqa: BLE001  # raised by `run`, in the thread of the person
                self._fail(error)
            finally:
                with self._change:
                    self._at_work -= 1
                    self._change.notify_all()

    def _next(self) -> _Task | None:
        with self._change:
            while not self._tasks and self._at_work and not self._wire.stop.is_set():
                self._change.wait(1.0)
            if self._wire.stop.is_set() or not self._tasks:
                return None
            self._at_work += 1
            return heapq.heappop(self._tasks)

    def _fail(self, error: BaseException) -> None:
        with self._change:
            self._failure = self._failure or error
        self._wire.stop.set()

    def _add(self, tasks: Sequence[_Task]) -> None:
        with self._change:
            for task in tasks:
                heapq.heappush(self._tasks, task)
            self._change.notify_all()

    def _do(self, task: _Task) -> None:
        file = self._file(task.file)
        part = self._first_missing(file) if task.part < 0 else task.part
        if part is not None:
            self._wire.retrying(
                lambda: self._part(task.file, file, part, task.round), progress=lambda: file.entry.arrived
            )
        self._journal.save()
        if task.round == file.round and file.whole:
            self._finish(task.file, file, task.round)
        else:
            file.update_digest()

    def _file(self, index: int) -> Download:
        with self._change:
            if index not in self._files:
                remote = self._remote[index]
                self._files[index] = Download(remote, self._folder, self._journal.entries[remote.path])
            return self._files[index]

    @staticmethod
    def _first_missing(file: Download) -> int | None:
        lacking = (part for part in range(len(file.entry.parts)) if not file.entry.complete(part))
        return next(lacking, None)

    def _part(self, index: int, file: Download, part: int, round_: int) -> None:
        """Ask for what a part lacks, and take it in."""
        lacking = file.missing(round_, part)
        if lacking is None:
            return
        start, end = lacking
        ranged = (start, end) != (0, file.entry.size)
        headers = {"Range": f"bytes={start}-{end - 1}"} if ranged else {}
        if ranged and file.remote.digest is None and file.entry.etag:
            headers["If-Range"] = file.entry.etag
        with self._wire.get(self._url_of(file.remote.path), headers) as answer:
            if answer.status_code == 200 and len(file.entry.parts) == 1:
                self._progress.arrived(-file.rewind())  # all of it, from its beginning
                start = 0
            elif ranged and not self._continues(answer, file, start):
                self._restart(index, file, round_, answer)
                return
            _check_length(answer, file, end - start)
            file.entry.etag = _strong_etag(answer) or file.entry.etag
            self._opened(index, file, round_, part)
            for data in answer.iter_raw():
                self._progress.arrived(file.write(round_, part, start, data))
                start += len(data)
                self._journal.save()
                if self._wire.stop.is_set() or round_ != file.round:
                    return
        if file.missing(round_, part) is not None:
            raise Passing(f"{host_of(str(answer.url))}: {file.remote.path} was cut off")

    def _continues(self, answer: httpx.Response, file: Download, start: int) -> bool:
        """Whether the answer is the asked range of the same version of the file."""
        if answer.status_code != 206:
            return False
        said = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("content-range", ""))
        if said is None or int(said[1]) != start or said[2] not in ("*", str(file.entry.size)):
            return False
        known, etag = file.entry.etag, _strong_etag(answer)
        return file.remote.digest is not None or known is None or etag is None or etag == known

    def _restart(self, index: int, file: Download, round_: int, answer: httpx.Response) -> None:
        """Begin the file again: in one piece where the server knows no ranges, else in parts as before."""
        known, etag = file.entry.etag, _strong_etag(answer)
        other = answer.status_code == 416 or (known is not None and etag is not None and known != etag)
        in_parts = other or answer.status_code == 206
        why = "it changed on the hub" if in_parts else "the server knows no ranges"
        lost = file.restart(round_, part_bytes=self._part_bytes if in_parts else file.entry.size, why=why)
        self._progress.arrived(-lost)
        if lost:
            self._progress.note(f"{file.remote.path}: {why}; begun anew")
        if round_ + 1 == file.round:
            self._add([_Task(index, -1, file.round)])

    def _opened(self, index: int, file: Download, round_: int, at_work: int) -> None:
        """Once the server has shown that it serves parts: the others may be asked for at the same time."""
        with self._change:
            first, file.opened = not file.opened, True
        if first:
            self._add([_Task(index, part, round_) for part in range(len(file.entry.parts)) if part != at_work])

    def _finish(self, index: int, file: Download, round_: int) -> None:
        try:
            if file.finish(round_):
                self._journal.save(at_once=True)
                self._progress.file_done(file.remote.path)
        except WrongDigest as wrong:
            lost = file.restart(round_, part_bytes=self._part_bytes, why=str(wrong))
            self._progress.arrived(-lost)
            self._progress.note(f"{file.remote.path}: {wrong}; fetched once more")
            self._add([_Task(index, -1, round_ + 1)])


def _check_length(answer: httpx.Response, file: Download, wanted: int) -> None:
    said = answer.headers.get("content-length", "")
    if said.isdigit() and (int(said) > wanted or (answer.status_code != 206 and int(said) < wanted)):
        where = host_of(str(answer.url))
        raise HubError(f"{file.remote.path}: {where} sends {said} bytes where the hub's listing says {wanted}")


def _strong_etag(answer: httpx.Response) -> str | None:
    etag = answer.headers.get("etag")
    return etag if etag and not etag.startswith("W/") else None
