"""What a store asks of a bucket: `flows.store.backend.Backend` with requests in place of files.

A blob is known to be whole when the server has checked its sha256, when the object was found whole before and has the
same etag still, or when all of it is read.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

from flows.addresses import BucketAddress
from flows.errors import BlobCorrupt, BlobMissing
from flows.store.backend import Extent, Fill, corrupt, missing
from flows.store.layout import TEMPORARY, is_blob
from flows.store.s3.cache import Cache, Known
from flows.store.s3.client import Client, Entry
from flows.store.s3.faults import GONE, STANDS, UNCONDITIONAL, Trouble, translated
from flows.store.s3.patience import LOOK, WORK, Patience
from flows.store.s3.transfer import download, is_promised, upload

AT_ONCE = 16
"""Requests that are worth having under way at once: nearly all their time is waiting."""
FETCHES = 2
"""Times that a blob is fetched before it is called damaged: its bytes may have been altered on the way."""
PAGE = 1000
"""Keys that a server lists in one answer, at most."""


class BucketBackend:
    """`flows.store.backend.Backend` below a prefix of a bucket. A server that does not answer is waited for; `check`
    alone waits for nobody."""

    folder: Path | None = None
    at_once = AT_ONCE

    def __init__(
        self, address: BucketAddress, *, cache: Path | None = None, work: Patience = WORK, look: Patience = LOOK
    ) -> None:
        self._where, self._work, self._look = address, work, look
        self._client = Client(address)
        self._cache = Cache(address, cache)

    @property
    def address(self) -> str:
        return str(self._where)

    def check(self, *, writing: bool = False) -> None:
        with translated(self._where, "read"):
            self._look.answer(lambda: next(self._client.listed(f"{TEMPORARY}/"), None))
        if writing:
            with translated(self._where, "write to"):
                self._check_writing(f"{TEMPORARY}/{uuid.uuid4().hex}")

    def get(self, key: str) -> bytes | None:
        with translated(self._where, "read"):
            return self._work.answer(lambda: self._client.get(key))

    def put(self, key: str, data: bytes) -> None:
        with translated(self._where, "write to"):
            self._work.answer(lambda: self._client.put(key, data))

    def add(self, key: str, data: bytes) -> bool:
        tries, unsure = self._work.tries(), False
        with translated(self._where, "write to"):
            while True:
                try:
                    self._client.put(key, data, if_absent=True)
                    return True
                except Trouble as trouble:
                    if trouble.code == STANDS:  # after an answer that was lost it may be our own
                        return unsure and self.get(key) == data
                    unsure = unsure or trouble.transient
                    tries.failed(trouble)

    def remove(self, key: str) -> None:
        with translated(self._where, "write to"):
            self._work.answer(lambda: self._client.remove(key))
        if is_blob(key):
            self._cache.forget(key.rpartition("/")[2])

    def within(self, folder: str) -> Iterator[str]:
        with translated(self._where, "read"):
            return iter([entry.key for entry in self._listed(f"{folder}/")])

    def present(self, keys: Collection[str]) -> frozenset[str]:
        return frozenset(self._found(keys))

    def whole(self, blobs: Mapping[str, str]) -> frozenset[str]:
        """Listed, and asked for one by one only where this machine knows nothing of the object that is there."""
        found = self._found(blobs)

        def is_whole(key: str) -> bool:
            known = self._cache.known(blobs[key])
            return known.whole if known and known.etag == found[key].etag else self.has_blob(key, blobs[key])

        with ThreadPoolExecutor(self.at_once, thread_name_prefix="check") as threads:
            return frozenset(key for key, whole in zip(found, threads.map(is_whole, found), strict=True) if whole)

    def _found(self, keys: Collection[str]) -> dict[str, Entry]:
        """A listing that leaps to the next key that is asked for: never more requests than keys, nor than it takes to
        list all that is there."""
        wanted = sorted(keys)
        share = max(AT_ONCE, -(-len(wanted) // self.at_once))
        rows = [wanted[start : start + share] for start in range(0, len(wanted), share)]
        with translated(self._where, "read"), ThreadPoolExecutor(self.at_once, thread_name_prefix="list") as threads:
            return {entry.key: entry for found in threads.map(self._leaping, rows) for entry in found}

    def extent(self, folder: str) -> Extent:
        with translated(self._where, "read"):
            sizes = [entry.size for entry in self._listed(f"{folder}/", deep=True)]
        return Extent(len(sizes), sum(sizes))

    def put_blob(self, key: str, digest: str, fill: Fill) -> None:
        if self.has_blob(key, digest):
            return
        with self._cache.filling() as file:
            with self._cache.translated():
                fill(file)
            with translated(self._where, "write to"):
                etag = upload(self._client, self._work, key, digest, file)
            self._cache.keep(file, digest)
        if etag is not None:
            self._cache.note(digest, Known(etag, True))

    def has_blob(self, key: str, digest: str) -> bool:
        with translated(self._where, "read"):
            head = self._work.answer(lambda: self._client.head(key))
        if head is None:
            return False
        known = self._cache.known(digest)
        if known is not None and known.etag == head.etag:
            return known.whole
        if is_promised(head, digest):
            self._cache.note(digest, Known(head.etag, True))
            return True
        try:
            self._fetch(key, digest)
        except (BlobMissing, BlobCorrupt):
            return False
        return True

    def read_blob(self, key: str, digest: str) -> bytes:
        data = self._cache.read(digest)
        return self._fetch(key, digest, read=True) if data is None else data

    def blob_file(self, key: str, digest: str) -> Path:
        while (path := self._cache.path(digest)) is None:  # from here on it stays, once it is there
            self._fetch(key, digest)
        return path

    def release(self) -> None:
        self._cache.release()

    def _fetch(self, key: str, digest: str, *, read: bool = False) -> bytes:
        """Brings the blob here, and gives its bytes if they are to be `read`: it may be cleared away as soon as it is
        kept. Raises BlobMissing, BlobCorrupt."""
        etag = ""
        for _ in range(FETCHES):
            with self._cache.filling() as file, translated(self._where, "read"), self._cache.translated():
                try:
                    found, etag = download(self._client, self._work, key, file)
                except Trouble as trouble:
                    self._absent(digest, trouble)
                if found == digest:
                    file.seek(0)
                    data = file.read() if read else b""
                    self._cache.keep(file, digest)
                    self._cache.note(digest, Known(etag, True))
                    return data
        self._cache.note(digest, Known(etag, False))
        raise corrupt(digest, self.address)

    def _absent(self, digest: str, trouble: Trouble) -> NoReturn:
        if trouble.code == GONE:
            raise missing(digest, self.address)
        raise trouble

    def _listed(self, prefix: str, *, after: str | None = None, deep: bool = False) -> Iterator[Entry]:
        """Goes on behind the last one that came when the server fails."""
        tries = self._work.tries()
        while True:
            try:
                for entry in self._client.listed(prefix, after=after, deep=deep):
                    after = entry.key
                    tries.went_on()
                    yield entry
                return
            except Trouble as trouble:
                tries.failed(trouble)

    def _leaping(self, wanted: list[str]) -> list[Entry]:
        """Those of the sorted keys that are there."""
        there: list[Entry] = []
        at = 0
        while at < len(wanted):
            first = wanted[at]
            prefix, number = f"{first.partition('/')[0]}/" if "/" in first else first, 0
            for number, entry in enumerate(self._listed(prefix, after=_before(first), deep=True), 1):
                while at < len(wanted) and wanted[at] < entry.key:
                    at += 1
                if at < len(wanted) and wanted[at] == entry.key:
                    there.append(entry)
                    at += 1
                if number == PAGE or at == len(wanted) or not wanted[at].startswith(prefix):
                    break
            else:  # nothing is left that begins so
                at += sum(key.startswith(prefix) for key in wanted[at:])
        return there

    def _check_writing(self, key: str) -> None:
        """Writes something, again on the condition that nothing is there, and takes it away."""
        self._look.answer(lambda: self._client.put(key, b"1"))
        try:
            self._look.answer(lambda: self._client.put(key, b"2", if_absent=True))
        except Trouble as trouble:
            if trouble.code != STANDS:
                raise
        else:
            raise Trouble(UNCONDITIONAL)
        finally:
            self._look.answer(lambda: self._client.remove(key))


def _before(key: str) -> str:
    """What sorts before the key, and behind every other one that does: a listing begins behind a key."""
    return f"{key[:-1]}{chr(ord(key[-1]) - 1)}~"
