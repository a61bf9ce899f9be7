from __future__ import annotations

import threading

import pytest

from wan.errors import Cancelled
from wan.system.stop import heeding, is_heeded, look_for_stop


def test_who_was_named_is_asked_inside_the_block_alone() -> None:
    look_for_stop()
    with heeding(lambda: True):
        assert is_heeded()
        with pytest.raises(Cancelled) as stopped:
            look_for_stop()
    assert stopped.value.state is None
    assert not is_heeded()
    look_for_stop()


def test_an_inner_block_may_say_that_nobody_is_asked() -> None:
    with heeding(lambda: True):
        with heeding(None):
            look_for_stop()
        with heeding(lambda: False):
            look_for_stop()
        with pytest.raises(Cancelled):
            look_for_stop()


def test_an_error_ends_the_block_too() -> None:
    with pytest.raises(ValueError, match="other"), heeding(lambda: True):
        raise ValueError("other")
    assert not is_heeded()


def test_another_thread_asks_nobody() -> None:
    found = []
    with heeding(lambda: True):
        thread = threading.Thread(target=lambda: found.append(is_heeded()))
        thread.start()
        thread.join()
    assert found == [False]
