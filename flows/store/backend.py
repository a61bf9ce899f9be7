"""What keeps the bytes of a store, by key: a folder, memory, a bucket. It knows nothing of records and layout.

A new kind is one file with a class that does this, and one line in `flows.store.open_store`; `tests/flows/store` has
the tests that all of them pass. Nothing here needs a rename, a lock or a file system: small values are put whole, added
on a condition (S3: `If-None-Match: *`) and listed by prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias

from flows.errors import BlobCorrupt, BlobMissing


@dataclass(frozen=True, slots=True)
class Extent:
    """How many values lie in a folder and all below it, and their bytes."""

    count: int
    nbytes: int


Fill: TypeAlias = Callable[[BinaryIO], None]
"""Writes all bytes into a file that is open; what it raises keeps them from being stored."""


class Backend(Protocol):
    """Keys are relative paths with slashes (`flows.store.layout`). Safe for many processes and threads at once.

    All methods raise `EnvironmentProblem` for what a person can mend (rights, space, no answer), else `StoreError`.
    """

    @property
    def address(self) -> str:
        """What `flows.store.open_store` opens the same store by, in another process too."""
        ...

    @property
    def folder(self) -> Path | None:
        """The folder of this machine that it fills; None: it takes no room here that a person could make."""
        ...

    @property
    def at_once(self) -> int:
        """How many calls are worth having under way at once, in threads."""
        ...

    def check(self, *, writing: bool = False) -> None:
        """Whether it can be read, and written to: said now, waiting for nobody. It leaves nothing behind."""
        ...

    def get(self, key: str) -> bytes | None:
        """The bytes, or None."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Whole or not at all; what was there is replaced."""
        ...

    def add(self, key: str, data: bytes) -> bool:
        """Whole or not at all, unless something is there; of several at once one wins. Whether it was ours."""
        ...

    def remove(self, key: str) -> None:
        """Nothing happens if nothing is there."""
        ...

    def within(self, folder: str) -> Iterator[str]:
        """The keys right in a folder (`ledger` has `ledger/a`, and not `ledger/b/c`), in any order."""
        ...

    def present(self, keys: Collection[str]) -> frozenset[str]:
        """Those of the keys that are there. It looks each one up or lists, whichever takes less."""
        ...

    def extent(self, folder: str) -> Extent:
        """Of a folder; nothing if it is not there. It lists all that is in it."""
        ...

    def put_blob(self, key: str, digest: str, fill: Fill) -> None:
        """Unless the blob is there whole: what `fill` writes, whole or not at all."""
        ...

    def has_blob(self, key: str, digest: str) -> bool:
        """Whether it is there and has these bytes. They are read once a process, and again when they were changed."""
        ...

    def whole(self, blobs: Mapping[str, str]) -> frozenset[str]:
        """Those of the keys, each with a digest, that `has_blob` is true of; many are asked for at once."""
        ...

    def read_blob(self, key: str, digest: str) -> bytes:
        """Its bytes, which are those. Raises BlobMissing, BlobCorrupt."""
        ...

    def blob_file(self, key: str, digest: str) -> Path:
        """A file of this machine with those bytes, to be read only; it stays until `release`, or as long as
        the back end. Raises BlobMissing, BlobCorrupt."""
        ...

    def release(self) -> None:
        """Files of blobs that were given out are not in use any more."""
        ...


def missing(digest: str, address: str) -> BlobMissing:
    """What every back end says of a blob that is not there."""
    return BlobMissing(f"blob {digest} is not in the store {address}")


def corrupt(digest: str, address: str) -> BlobCorrupt:
    """What every back end says of a blob that has other bytes."""
    return BlobCorrupt(f"blob {digest} in the store {address} is damaged: its bytes have another digest")
