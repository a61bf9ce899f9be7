"""Who of a gang is still there: one connection from every member to the leader, open as long as both live.

A member that ends, however, is known to all others within a second. Without it they would wait in an exchange that
never ends: a GPU does not see that the other one's process is gone.
"""

from __future__ import annotations

import secrets
import selectors
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

import torch.distributed as dist

_LEFT = "left"
_LONGEST = 500  # characters of a reason
_PATIENCE = 60.0  # seconds for a member to say who it is


@dataclass(frozen=True, slots=True)
class Loss:
    """Who was lost, and what is known of why."""

    rank: int
    why: str

    def __str__(self) -> str:
        return f"rank {self.rank} of the gang was lost: {self.why}"


class Pulse:
    """The connections of one process. `on_loss` is called once, from a thread, when another member is lost."""

    def __init__(self, peers: dict[int, socket.socket], on_loss: Callable[[], None]) -> None:
        self._peers, self._on_loss = peers, on_loss
        self._loss: Loss | None = None
        self._known, self._lock = threading.Event(), threading.Lock()
        self._thread = threading.Thread(target=self._listen, name="gang-pulse", daemon=True)
        self._thread.start()

    def lost(self, seconds: float = 0.0) -> Loss | None:
        """The member that was lost, if one was; waits as long for it to be known."""
        self._known.wait(seconds)
        return self._loss

    def leave(self, loss: Loss | None = None) -> None:
        """End. With a `loss` of oneself the others are told why."""
        self._tell(_LEFT if loss is None else _line(loss))
        for peer in self._take_all():
            peer.close()

    def _listen(self) -> None:
        with selectors.DefaultSelector() as selector:
            for rank, peer in self._peers.items():
                selector.register(peer, selectors.EVENT_READ, (rank, peer.makefile("r")))
            while selector.get_map() and self._peers:
                for key, _ in selector.select(timeout=0.5):
                    rank, lines = key.data
                    if not self._hear(rank, lines):
                        selector.unregister(key.fileobj)

    def _hear(self, rank: int, lines: object) -> bool:
        """One line of a member; whether there may be more."""
        try:
            line = lines.readline().strip()  # type: ignore[attr-defined]
        except (OSError, ValueError):
            line = ""
        if line == _LEFT:
            return False
        with self._lock:
            gone = rank not in self._peers  # closed on this side
        if gone:
            return False
        self._note(_parsed(line) or Loss(rank, "its process ended"))
        return bool(line)

    def _note(self, loss: Loss) -> None:
        if self._loss is not None:
            return
        self._loss = loss
        self._tell(_line(loss))  # those who are connected to the leader alone
        self._known.set()
        self._on_loss()

    def _tell(self, line: str) -> None:
        with self._lock:
            peers = list(self._peers.values())
        for peer in peers:
            try:
                peer.sendall(f"{line}\n".encode())
            except OSError:  # it has ended itself
                continue

    def _take_all(self) -> list[socket.socket]:
        with self._lock:
            peers = list(self._peers.values())
            self._peers.clear()
        return peers


def open_pulse(rank: int, ranks: int, host: str, group: dist.ProcessGroup, on_loss: Callable[[], None]) -> Pulse:
    """Connect every member with the leader, who listens at `host`. `group` is used to say where."""
    if rank:
        said: list[object] = [None]
        dist.broadcast_object_list(said, src=0, group=group)
        port, secret = str(said[0]).split()
        peer = socket.create_connection((host, int(port)), timeout=_PATIENCE)
        peer.sendall(f"{secret} {rank}\n".encode())
        peer.settimeout(None)
        return Pulse({0: peer}, on_loss)
    secret = secrets.token_hex()
    with socket.create_server((host, 0), family=_family(host)) as server:
        dist.broadcast_object_list([f"{server.getsockname()[1]} {secret}"], src=0, group=group)
        server.settimeout(_PATIENCE)
        peers: dict[int, socket.socket] = {}
        while len(peers) < ranks - 1:
            peer, _ = server.accept()
            member = _admitted(peer, secret)
            if member is not None:
                peers[member] = peer
    return Pulse(peers, on_loss)


def _admitted(peer: socket.socket, secret: str) -> int | None:
    """The rank of who connected; None, and closed, for a stranger."""
    peer.settimeout(_PATIENCE)
    with peer.makefile("r") as lines:
        given, _, rank = lines.readline().strip().partition(" ")
    if not secrets.compare_digest(given, secret):
        peer.close()
        return None
    peer.settimeout(None)
    return int(rank)


def _family(host: str) -> socket.AddressFamily:
    return socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]


def _line(loss: Loss) -> str:
    return f"lost {loss.rank} {' '.join(loss.why.split())[:_LONGEST]}"


def _parsed(line: str) -> Loss | None:
    word, _, rest = line.partition(" ")
    rank, _, why = rest.partition(" ")
    return Loss(int(rank), why) if word == "lost" and rank.isdecimal() else None
