"""Who is still there: members joined by sockets of one process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from wan.parallel.pulse import Loss, Pulse, _admitted

SOON = 5.0


class Member:
    def __init__(self, peers: dict[int, socket.socket]) -> None:
        self.told = threading.Event()
        self.pulse = Pulse(peers, self.told.set)


@pytest.fixture
def three() -> Iterator[list[Member]]:
    """The leader and two members, each joined with the leader alone."""
    first, second = socket.socketpair(), socket.socketpair()
    members = [Member({1: first[0], 2: second[0]}), Member({0: first[1]}), Member({0: second[1]})]
    yield members
    for member in members:
        member.pulse.leave()


def test_who_leaves_is_not_lost(three: list[Member]) -> None:
    three[1].pulse.leave()
    assert three[0].pulse.lost(0.5) is None
    assert not three[0].told.is_set()


def test_a_process_that_ends_is_missed_by_all(three: list[Member]) -> None:
    for peer in three[1].pulse._take_all():
        peer.shutdown(socket.SHUT_RDWR)
        peer.close()
    for member in (three[0], three[2]):
        assert member.told.wait(SOON)
        assert member.pulse.lost(SOON) == Loss(1, "its process ended")


def test_a_reason_reaches_those_who_are_not_joined_with_its_member(three: list[Member]) -> None:
    three[2].pulse.leave(Loss(2, "OutOfMemoryError: 3 GB\nare   missing"))
    for member in three[:2]:
        assert member.pulse.lost(SOON) == Loss(2, "OutOfMemoryError: 3 GB are missing")
        assert str(member.pulse.lost()) == "rank 2 of the gang was lost: OutOfMemoryError: 3 GB are missing"


@pytest.mark.parametrize(("said", "rank"), [("secret 3", 3), ("guess 3", None), ("", None)])
def test_a_stranger_is_not_let_in(said: str, rank: int | None) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(f"{said}\n".encode())
        assert _admitted(ours, "secret") == rank
        assert (ours.fileno() == -1) == (rank is None)
