"""Stores of every kind, as the tests of stores have them."""

from tests.flows.store.conftest import kind, machine, servers, store

__all__ = ["kind", "machine", "servers", "store"]
