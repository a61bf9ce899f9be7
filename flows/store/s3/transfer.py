"""Blobs up and down: large ones up in parts, and down from where they broke off; each checked by sha256 on the way."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import md5, sha256
from typing import IO

from flows.store.s3.client import Client, Head, Part
from flows.store.s3.faults import CUT, STANDS, UPLOAD_GONE, Trouble
from flows.store.s3.patience import Patience

PART = 16 << 20
"""Bytes of a part."""
WHOLE = 2 * PART
"""Blobs up to this many bytes go in one request."""
AT_ONCE = 4
"""Parts that are under way at once."""
ROUNDS = 3
"""Times that an upload is begun anew when the server has lost it."""


def upload(client: Client, patience: Patience, key: str, digest: str, file: IO[bytes]) -> str | None:
    """The file's bytes become the blob's object. Gives its etag where that proves that the server has them: it is their
    MD5, as most servers make it. Raises Trouble."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size <= WHOLE:
        data = file.read()
        etag = patience.answer(lambda: client.put(key, data, label=digest))
        return etag if etag == _md5(data) else None
    for last in (*[False] * (ROUNDS - 1), True):
        try:
            return _in_parts(client, patience, key, digest, file)
        except Trouble as trouble:
            if trouble.code != UPLOAD_GONE or last:
                raise
        if _arrived(patience.answer(lambda: client.head(key)), digest):
            return None  # it had been finished, and nobody heard the answer
    return None


def download(client: Client, patience: Patience, key: str, file: IO[bytes]) -> tuple[str, str]:
    """Writes the object's bytes; gives their sha256 (hex) and the object's etag. Raises Trouble, with GONE too."""
    tries, found, etag = patience.tries(), sha256(), ""
    while True:
        try:
            for now, piece in client.pieces(key, start=file.tell(), etag=etag or None):
                if file.tell() and now != etag:
                    raise Trouble(STANDS)
                etag = now
                file.write(piece)
                found.update(piece)
                tries.went_on()
            return found.hexdigest(), etag
        except Trouble as trouble:
            if trouble.code == STANDS:  # it was replaced meanwhile
                trouble, found, etag = Trouble(CUT), sha256(), ""
                file.seek(0)
                file.truncate()
            tries.failed(trouble)


def is_promised(head: Head, digest: str) -> bool:
    """Whether the server itself has checked that these are the bytes: their sha256 is the digest; or, of parts, each
    one's was what we said when the object was filed under the digest."""
    if head.checksum is None:
        return False
    if "-" in head.etag:  # of parts
        return head.label == digest
    return head.checksum == base64.b64encode(bytes.fromhex(digest)).decode()


def _arrived(head: Head | None, digest: str) -> bool:
    return head is not None and head.label == digest


def _in_parts(client: Client, patience: Patience, key: str, digest: str, file: IO[bytes]) -> str | None:
    name = patience.answer(lambda: client.begin(key, digest))
    try:
        parts, proved = _sent(client, patience, key, name, file)
        etag = patience.answer(lambda: client.finish(key, name, parts))
        return etag if proved else None
    except BaseException:
        with suppress(Trouble):
            client.abort(key, name)
        raise


def _sent(client: Client, patience: Patience, key: str, name: str, file: IO[bytes]) -> tuple[list[Part], bool]:
    """The parts, and whether each one's etag is its MD5."""

    def send(number: int, data: bytes) -> tuple[Part, bool]:
        part = patience.answer(lambda: client.part(key, name, number, data))
        return part, part.etag == _md5(data)

    sent: list[tuple[Part, bool]] = []
    pieces = _pieces(file)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="upload") as threads:
        while row := [piece for _, piece in zip(range(AT_ONCE), pieces, strict=False)]:
            sent.extend(threads.map(send, range(len(sent) + 1, len(sent) + 1 + len(row)), row))
    return [part for part, _ in sent], all(proved for _, proved in sent)


def _md5(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PART):
        yield piece
