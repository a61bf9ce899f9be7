"""Where assets, clips, hand-offs, records and the ledger live; `open_store` finds the implementation by address."""

from __future__ import annotations

from pathlib import Path

from flows.errors import SettingsError
from flows.store.local import LocalStore
from flows.store.protocol import ClipRecord, Store
from wan.system.files import data_folder, without_tilde

__all__ = ["ClipRecord", "Store", "default_store_path", "open_store"]


def default_store_path() -> Path:
    """`$XDG_DATA_HOME/wanflow/store`: one store for all projects of a user."""
    return data_folder() / "store"


def open_store(address: str | None) -> Store:
    """The store at an address (a folder; None: the user's own). Nothing is written until something is put.

    Raises SettingsError for an address of a kind that no implementation serves.
    """
    if address is None:
        return LocalStore(default_store_path())
    scheme, separator, rest = address.partition("://")
    if not separator:
        return LocalStore(without_tilde(Path(address)))
    if scheme == "file":
        return LocalStore(Path(rest))
    raise SettingsError(f"store {address!r}: {scheme}:// is not supported yet; name a folder: store.path=FOLDER")
