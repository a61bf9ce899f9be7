"""Machines that share nothing but a store, and want the same clip."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import pytest

from flows.addresses import BucketAddress
from flows.cluster import store_claims
from flows.cluster.store_claims import alone_in
from flows.errors import Stopped, StoreError
from flows.store import Store, open_store
from flows.store.layout import claim_note
from flows.store.memory import MemoryBackend
from tests.flows.buckets import BUCKET, CREDENTIALS, serving

CLIP = "a" * 64
VOID = 0.6


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_claims, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(store_claims, "RENEW_SECONDS", 0.05)
    monkeypatch.setattr(store_claims, "VOID_SECONDS", VOID)


@pytest.fixture
def store() -> Store:
    return Store(MemoryBackend())


def never() -> bool:
    return False


def nothing() -> None:
    pass


def test_nobody_else_is_not_waited_for_and_nothing_is_left(store: Store) -> None:
    for _ in range(2):
        with alone_in(store, CLIP, "one", never, nothing) as waited:
            assert not waited
            with alone_in(store, "b" * 64, "two", never, nothing) as other:
                assert not other
    assert store.notes("claims") == ()


def test_the_second_waits_as_long_as_the_first_lives_and_says_so(store: Store) -> None:
    said, waiting, order = [], Event(), []

    def second() -> None:
        def say() -> None:
            said.append(1)
            waiting.set()

        with alone_in(store, CLIP, "two", never, say) as waited:
            order.append(("second", waited))

    thread = Thread(target=second)
    with alone_in(store, CLIP, "one", never, nothing):
        thread.start()
        assert waiting.wait(10)
        time.sleep(2 * VOID)
        order.append(("first", False))
    thread.join(10)
    assert order == [("first", False), ("second", True)]
    assert said == [1]
    assert store.notes("claims") == ()


def test_a_claim_whose_holder_is_gone_is_void_after_a_while_and_no_clock_is_asked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put_note(claim_note(CLIP, 0), b"gone 1 7")
    monkeypatch.setattr(time, "time", lambda: 0.0)
    began = time.monotonic()
    with alone_in(store, CLIP, "two", never, nothing) as waited:
        assert waited
        assert time.monotonic() - began >= VOID
        assert store.note(claim_note(CLIP, 1)) is not None
    assert store.notes("claims") == (), "what was void goes along"


def test_of_many_who_find_a_void_claim_one_goes_on_at_a_time(store: Store) -> None:
    store.put_note(claim_note(CLIP, 0), b"gone 1 7")
    inside, most = [0], [0]

    def take(number: int) -> None:
        with alone_in(store, CLIP, f"owner-{number}", never, nothing):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.1)
            inside[0] -= 1

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(take, range(6)))
    assert most == [1]
    assert store.notes("claims") == ()


def test_what_another_worker_of_the_same_keeper_has_left_is_void_at_once(store: Store) -> None:
    store.put_note(claim_note(CLIP, 0), b"one 1 7")
    began = time.monotonic()
    with alone_in(store, CLIP, "one", never, nothing) as waited:
        assert not waited
    assert time.monotonic() - began < VOID


def test_who_waits_can_be_stopped(store: Store) -> None:
    with alone_in(store, CLIP, "one", never, nothing), pytest.raises(Stopped):  # noqa: SIM117
        with alone_in(store, CLIP, "two", lambda: True, nothing):
            pass


def test_a_store_that_fails_meanwhile_costs_the_claim_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("gone for a while")

    with alone_in(store, CLIP, "one", never, nothing):
        monkeypatch.setattr(store, "put_note", fail)
        monkeypatch.setattr(store, "drop_note", fail)
        time.sleep(0.2)
    assert store.notes("claims") != (), "void after a while"


def test_a_real_server_lets_one_of_many_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that decides about conditions in one step; moto looks first, and writes then."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    inside, most = [0], [0]
    with serving("localbucket", tmp_path / "bucket") as server:
        address = str(BucketAddress(bucket=BUCKET, prefix="claims", endpoint=server.url))
        open_store(address).put_note(claim_note(CLIP, 0), b"gone 1 7")

        def take(number: int) -> None:
            with alone_in(open_store(address), CLIP, f"owner-{number}", never, nothing):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.1)
                inside[0] -= 1

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(take, range(4)))
        assert open_store(address).notes("claims") == ()
    assert most == [1]
