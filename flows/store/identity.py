"""What tells a store from every other one: an empty folder under its path, where it is not mounted, has none."""

from __future__ import annotations

import uuid

from flows.store.layout import IDENTITY
from flows.store.store import Store


def identity(store: Store) -> bytes | None:
    """The store's own, or None where it was never given one. Raises StoreError."""
    return store.note(IDENTITY)


def identified(store: Store) -> bytes:
    """The store's identity; given to it when first asked for. Raises StoreError, EnvironmentProblem."""
    while (found := identity(store)) is None:
        store.add_note(IDENTITY, uuid.uuid4().hex.encode())
    return found
