"""Where assets, clips, hand-offs, records and the ledger live. `open_store` opens one by its address, here alone.

layout.py      what is called what        backend.py    what keeps the bytes: the protocol
store.py       blobs, records, notes      folder.py     in a folder
records.py     what a clip came to        memory.py     in memory, for tests
timed.py       what they take             s3/           in a bucket
"""

from __future__ import annotations

from pathlib import Path

from flows.addresses import SCHEME, BucketAddress
from flows.errors import SettingsError
from flows.store.backend import Backend
from flows.store.faults import ANOTHER
from flows.store.folder import FolderBackend
from flows.store.records import ClipRecord
from flows.store.store import Stock, Store
from flows.store.timed import Told, timed
from wan.system.files import data_folder, without_tilde

__all__ = ["ANOTHER", "ClipRecord", "Stock", "Store", "open_store"]


def open_store(address: str | None, told: Told | None = None) -> Store:
    """The store at an address, `store.address`: a folder, by its path or as `file://`; a bucket, as `s3://`
    (`flows.addresses`); None: the user's own, `$XDG_DATA_HOME/wanflow/store`, which all their projects share. It is not
    touched until something is read or put. `told` hears what each operation took (`flows.store.timed`).

    Raises SettingsError for an address of a kind that no back end serves.
    """
    backend = _backend(address)
    return Store(backend if told is None else timed(backend, told))


def _backend(address: str | None) -> Backend:
    if address is None:
        return FolderBackend(data_folder() / "store")
    scheme, separator, rest = address.partition("://")
    if not separator:
        return FolderBackend(without_tilde(Path(address)))
    if scheme == "file":
        return FolderBackend(Path(rest))
    if scheme == SCHEME:
        from flows.store.s3.backend import BucketBackend  # what speaks HTTP is not loaded for a folder

        return BucketBackend(BucketAddress.parse(address))
    raise SettingsError(
        f"store.address={address}: there are no stores of the kind {scheme}://; name a folder: {ANOTHER}"
    )
