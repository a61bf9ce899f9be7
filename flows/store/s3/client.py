"""One request to a bucket a call, each tried once.

Requests are signed, sent and read by the SDK. Its public calls can neither add a condition to a `PUT` nor give a part
its checksum, so its one call for any request (`_execute`) is used; `pyproject.toml` holds its version.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import certifi
import urllib3
from minio import Minio
from minio.error import MinioException
from urllib3.exceptions import HTTPError

from flows.addresses import BucketAddress
from flows.store.s3.answers import text_of, trouble_of
from flows.store.s3.credentials import check, credentials
from flows.store.s3.faults import CUT, DENIED, GONE, UNSAID, Trouble

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

CONNECT_SECONDS, READ_SECONDS = 5.0, 30.0
"""Until somebody answers at all, and between two pieces of an answer."""
CONNECTIONS = 32
AMAZON = "s3.amazonaws.com"
LABEL = "sha256"
"""The metadata of a blob's object that has its digest in it."""
_LABEL = f"x-amz-meta-{LABEL}"
_CHECKSUM = "x-amz-checksum-sha256"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Head:
    """What a server says of an object without sending it. `checksum`: the base64 of the sha256 that it has checked, of
    all bytes or of the parts' sums. `label`: the digest it was filed under. Of parts the `etag` has a dash in it."""

    etag: str
    size: int
    checksum: str | None
    label: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of a listing; `key` is relative to the prefix."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has arrived. `checksum`: base64 of its sha256."""

    number: int
    etag: str
    checksum: str


class Client:
    """Keys are relative to the address' prefix: nothing else is asked about. All methods raise Trouble. Safe for
    threads, not for processes that are forked."""

    def __init__(self, address: BucketAddress) -> None:
        self._bucket = address.bucket
        self._root = f"{address.prefix}/" if address.prefix else ""
        place = urlsplit(address.endpoint or f"https://{AMAZON}")
        self._provider = credentials(amazon=address.endpoint is None)
        self._minio = Minio(
            place.netloc,
            secure=place.scheme == "https",
            region=address.region,
            credentials=self._provider,
            http_client=urllib3.PoolManager(
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
                maxsize=CONNECTIONS,
                cert_reqs="CERT_REQUIRED",
                ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
                retries=False,
            ),
        )

    def get(self, key: str) -> bytes | None:
        """The bytes of a small object; None: there is none."""
        try:
            with self._asked():
                return bytes(self._ask("GET", key).data)
        except Trouble as trouble:
            self._check_absent(key, trouble)
            return None

    def pieces(self, key: str, *, start: int, etag: str | None) -> Iterator[tuple[str, bytes]]:
        """The bytes from `start` on, in pieces, each with the object's etag. With an `etag` the object has to have it,
        or STANDS is raised."""
        headers = {"Range": f"bytes={start}-", **({"If-Match": f'"{etag}"'} if etag else {})} if start else {}
        with self._asked():
            response = self._ask("GET", key, headers=headers, preload_content=False)
            try:
                now, behind = _bare(response.headers.get("etag", "")), start if response.status == 200 else 0
                for piece in response.stream(_PIECE):
                    rest, behind = piece[behind:], max(0, behind - len(piece))  # who knows no ranges sends all of it
                    if rest:
                        yield now, rest
            finally:
                response.close()
                response.release_conn()

    def head(self, key: str) -> Head | None:
        """What the server says of it; None: there is none."""
        try:
            with self._asked():
                found = self._ask("HEAD", key, headers={"x-amz-checksum-mode": "ENABLED"}).headers
        except Trouble as trouble:
            self._check_absent(key, trouble)
            return None
        return Head(
            _bare(found.get("etag", "")),
            int(found.get("content-length", "0")),
            found.get(_CHECKSUM) or None,
            found.get(_LABEL) or None,
        )

    def put(self, key: str, data: bytes, *, label: str | None = None, if_absent: bool = False) -> str:
        """In one request; gives its etag. `if_absent`: raises STANDS when something is there."""
        headers = _summed(data) | {"Content-Type": "application/octet-stream"}
        headers |= {_LABEL: label} if label else {}
        headers |= {"If-None-Match": "*"} if if_absent else {}
        with self._asked():
            return _bare(self._ask("PUT", key, body=data, headers=headers).headers.get("etag", ""))

    def remove(self, key: str) -> None:
        """Nothing happens if nothing is there."""
        with self._asked():
            self._ask("DELETE", key)

    def listed(self, prefix: str, *, after: str | None = None, deep: bool = False) -> Iterator[Entry]:
        """Objects whose keys begin like that, in the order of keys (bytes), those behind `after`; `deep`: those in
        folders below as well. A request for a thousand."""
        with self._asked():
            found = self._minio.list_objects(
                self._bucket, self._root + prefix, recursive=deep, start_after=self._root + after if after else None
            )
            for one in found:
                if not one.is_dir:
                    yield Entry(str(one.object_name)[len(self._root) :], one.size or 0, _bare(one.etag or ""))

    def begin(self, key: str, label: str) -> str:
        """The id of an upload in parts."""
        headers = {"Content-Type": "application/octet-stream", "x-amz-checksum-algorithm": "SHA256", _LABEL: label}
        with self._asked():
            response = self._ask("POST", key, headers=headers, query_params={"uploads": ""})
            return text_of(response.data, "UploadId")

    def part(self, key: str, upload: str, number: int, data: bytes) -> Part:
        """Sends one; numbers count from 1."""
        headers = _summed(data)
        query = {"partNumber": str(number), "uploadId": upload}
        with self._asked():
            response = self._ask("PUT", key, body=data, headers=headers, query_params=query)
        return Part(number, _bare(response.headers.get("etag", "")), headers[_CHECKSUM])

    def finish(self, key: str, upload: str, parts: Sequence[Part]) -> str:
        """The parts become the object, whose etag is given."""
        root = ElementTree.Element("CompleteMultipartUpload", xmlns="http://s3.amazonaws.com/doc/2006-03-01/")
        for part in parts:
            one = ElementTree.SubElement(root, "Part")
            for name, value in (
                ("PartNumber", part.number),
                ("ETag", f'"{part.etag}"'),
                ("ChecksumSHA256", part.checksum),
            ):
                ElementTree.SubElement(one, name).text = str(value)
        body = ElementTree.tostring(root)
        with self._asked():
            answer = self._ask(
                "POST", key, body=body, headers={"Content-Type": "application/xml"}, query_params={"uploadId": upload}
            )
            if ElementTree.fromstring(answer.data).tag.rpartition("}")[2] == "Error":  # with status 200: it began to
                raise Trouble(text_of(answer.data, "Code"), 500)  # answer before it knew
            return _bare(text_of(answer.data, "ETag"))

    def abort(self, key: str, upload: str) -> None:
        """The parts are taken away."""
        with self._asked():
            self._ask("DELETE", key, query_params={"uploadId": upload})

    def _ask(self, method: str, key: str, **values: Any) -> BaseHTTPResponse:
        return self._minio._execute(method, self._bucket, self._root + key, **values)

    def _check_absent(self, key: str, trouble: Trouble) -> None:
        """Raises `trouble` unless the object is absent. Who may list a prefix alone, and not the bucket, is told of
        what is absent that it may not be read; and a HEAD has no body that could say what is wrong. A listing says."""
        if trouble.code == GONE:
            return
        if trouble.code not in (DENIED, UNSAID):
            raise trouble
        there = any(entry.key == key for entry in self.listed(key))
        if trouble.code == UNSAID:
            raise Trouble(CUT, trouble.status)
        if there:
            raise trouble

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Turns whatever the SDK and what it stands on raise into Trouble."""
        check(self._provider)
        try:
            yield
        except (MinioException, HTTPError, OSError, ValueError, SyntaxError) as error:
            raise trouble_of(error) from error


def _summed(data: bytes) -> dict[str, str]:
    """Headers by which the server checks what arrives, and remembers it."""
    return {
        _CHECKSUM: base64.b64encode(sha256(data).digest()).decode(),
        "x-amz-sdk-checksum-algorithm": "SHA256",
        "Content-Length": str(len(data)),
    }


def _bare(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')
