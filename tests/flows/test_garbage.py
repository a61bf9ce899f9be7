from __future__ import annotations

import gc

import pytest

from flows.garbage import without_garbage_collection


def test_the_collector_is_off_inside_and_on_again_after_an_error() -> None:
    @without_garbage_collection()
    def fail() -> None:
        assert not gc.isenabled()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert gc.isenabled()


def test_where_it_was_off_it_stays_off() -> None:
    @without_garbage_collection()
    def inside() -> bool:
        return gc.isenabled()

    gc.disable()
    try:
        assert not inside()
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert not inside()
    assert gc.isenabled()
