"""Files that a table names by address: fetched from the hosts that the configuration allows, and kept on this machine.

What is here is asked for again with its mark (ETag), so that nothing is sent that has not changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import ssl
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin, urlsplit

import certifi
import httpx

from flows.batch.columns import Columns
from flows.batch.faults import Fault
from wan.system.files import cache_folder, replacing, write_atomically

AT_ONCE = 16
MAX_BYTES = 2**30
SECONDS = 30.0
"""Without a byte."""
MOST_REDIRECTS = 5
_SCHEMES = ("http", "https", "ftp", "s3", "file", "data")


class Unfetched(Exception):
    """A file that could not be fetched. `fix` says what to do."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.message, self.fix = message, fix


def fetch_files(columns: Columns, hosts: Sequence[str] | None) -> list[Fault]:
    """Fetch every address in columns that name files into `columns.fetched`, each once, but those that are there; what
    is wrong with others. `hosts` None: of a table that was sent, nothing is fetched any more."""
    named = [each for each in _addresses(columns) if each[2] not in columns.fetched]
    if not named:
        return []
    wanted = list(dict.fromkeys(address for _, _, address in named))
    if hosts is None:
        unsent = {address: Unfetched(f"{address} could not be fetched when the table was sent") for address in wanted}
        return _faults(columns, named, unsent)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch") as threads, _client() as client:
        found = dict(zip(wanted, threads.map(lambda address: _tried(client, address, hosts), wanted), strict=True))
    columns.fetched.update({address: file for address, file in found.items() if isinstance(file, Path)})
    return _faults(columns, named, found)


def _faults(
    columns: Columns, named: Sequence[tuple[int, int, str]], found: Mapping[str, Path | Unfetched]
) -> list[Fault]:
    faults = []
    for row, place, address in named:
        wrong = found[address]
        if isinstance(wrong, Unfetched):
            column = columns.table.columns[place]
            faults.append(Fault(wrong.message, wrong.fix, row, column, place + 1, address))
    return faults


def _addresses(columns: Columns) -> Iterator[tuple[int, int, str]]:
    """Row, place and value of every cell that is one."""
    for place, name in columns.taken:
        if name not in columns.files:
            continue
        for row in columns.table.rows:
            value = row.cells[place]
            if value and "://" in value and value.partition("://")[0].lower() in _SCHEMES:
                yield row.number, place, value


def _client() -> httpx.Client:
    trusted = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())
    return httpx.Client(verify=trusted, timeout=SECONDS, follow_redirects=False)


def _tried(client: httpx.Client, address: str, hosts: Sequence[str]) -> Path | Unfetched:
    try:
        return _fetched(client, address, hosts)
    except Unfetched as wrong:
        return wrong
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Unfetched(f"{address} cannot be fetched: {str(error) or type(error).__name__}", "try it in a browser")


def _fetched(client: httpx.Client, address: str, hosts: Sequence[str]) -> Path:
    """The file, under the name that it has at its address. Raises Unfetched, HTTPError, OSError."""
    _check(address, hosts)
    folder = cache_folder() / "fetched" / hashlib.sha256(address.encode()).hexdigest()
    file = folder / _name(address)
    marks = _marks(folder) if file.is_file() else {}
    here = address
    for _ in range(MOST_REDIRECTS + 1):
        with client.stream("GET", here, headers=marks) as answer:
            if answer.has_redirect_location:
                here = urljoin(here, answer.headers.get("location", ""))
                _check(here, hosts)
                continue
            if answer.status_code == httpx.codes.NOT_MODIFIED and marks:
                return file
            if answer.status_code != httpx.codes.OK:
                raise Unfetched(f"{address} cannot be fetched: {answer.status_code} {answer.reason_phrase}")
            folder.mkdir(parents=True, exist_ok=True)
            _write(answer, address, file)
            _remember(folder, answer)
            return file
    raise Unfetched(f"{address} cannot be fetched: it leads on from place to place without end")


def _check(address: str, hosts: Sequence[str]) -> None:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = parts.port
    except ValueError as error:
        raise Unfetched(f"{address} is no address: {error}", "write https://HOST/PATH") from error
    if parts.scheme.lower() != "https" or not host or parts.username or parts.password:
        raise Unfetched(f"{address} is no address that files are fetched from", "write https://HOST/PATH")
    whole = host if port in (None, 443) else f"{host}:{port}"
    if whole.lower() not in {each.lower() for each in hosts}:
        have = [*hosts, whole]
        raise Unfetched(f"files are not fetched from {whole}", f"allow it: assets.hosts=[{','.join(have)}]")


def _write(answer: httpx.Response, address: str, file: Path) -> None:
    size = 0
    with replacing(file) as temporary, temporary.open("wb") as target:
        for piece in answer.iter_bytes(1 << 20):
            size += len(piece)
            if size > MAX_BYTES:
                raise Unfetched(f"{address} is larger than {MAX_BYTES >> 20} MiB", "name a smaller file")
            target.write(piece)


def _remember(folder: Path, answer: httpx.Response) -> None:
    marks = {}
    for asked, told in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        if told in answer.headers:
            marks[asked] = answer.headers[told]
    write_atomically(folder / "marks.json", json.dumps(marks))


def _marks(folder: Path) -> dict[str, str]:
    with suppress(OSError, ValueError):
        marks = json.loads((folder / "marks.json").read_bytes())
        if isinstance(marks, dict):
            return {str(name): str(value) for name, value in marks.items()}
    return {}


def _name(address: str) -> str:
    """A safe one: media are told apart by what is in them, people by their names."""
    last = PurePosixPath(urlsplit(address).path).name
    plain = "".join(each if each.isascii() and (each.isalnum() or each in "._-") else "-" for each in last)
    return f"file-{plain[-80:]}" if plain else "file"
