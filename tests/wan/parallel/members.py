"""Gangs of processes on the CPU, over the loopback device."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from wan.parallel.gang import Gang
from wan.parallel.layout import Layout

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["wan.load", "diffusers.models.transformers.transformer_wan", "benchmarks.gpu.steps"])
_PATIENCE = 120.0


@dataclass(frozen=True)
class Told:
    """What became of a member: what its task returned, or the error it ended with; None and no error of one that was
    killed. `seconds` since all had met."""

    result: Any
    error: str | None
    seconds: float


def run_gang(layout: Layout, task: Callable[..., Any], *given: Any) -> list[Told]:
    """`task(gang, *given)` in every member, by rank. What it returns is pickled: arrays, not tensors."""
    port = _free_port()
    members, pipes = [], []
    for rank in range(layout.ranks):
        ours, theirs = _CONTEXT.Pipe()
        member = _CONTEXT.Process(target=_member, args=(theirs, layout, rank, port, task, given), daemon=True)
        member.start()
        theirs.close()
        members.append(member)
        pipes.append(ours)
    try:
        return [_told(pipe) for pipe in pipes]
    finally:
        for member in members:
            member.join(10)
            member.kill()


def run_program(ranks: int, main: Callable[[], None], *words: str) -> list[int | None]:
    """A program with these arguments in as many processes, as torchrun starts them. Exit statuses by rank."""
    port = _free_port()
    members = [_CONTEXT.Process(target=_program, args=(main, words, rank, ranks, port)) for rank in range(ranks)]
    for member in members:
        member.start()
    for member in members:
        member.join(_PATIENCE)
        member.kill()
    return [member.exitcode for member in members]


def _program(main: Callable[[], None], words: tuple[str, ...], rank: int, ranks: int, port: int) -> None:
    import torch

    torch.set_num_threads(1)
    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": ranks, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in place.items()})
    sys.argv = [main.__module__, *words]
    main()


def _told(pipe: Any) -> Told:
    if not pipe.poll(_PATIENCE):
        return Told(None, "it was still at work", _PATIENCE)
    try:
        told: Told = pipe.recv()
    except EOFError:
        return Told(None, None, 0.0)
    return told


def _member(pipe: Any, layout: Layout, rank: int, port: int, task: Callable[..., Any], given: tuple[Any, ...]) -> None:
    import torch

    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    torch.set_num_threads(1)
    start = time.monotonic()
    try:
        gang = Gang.join(layout, rank=rank, meeting=f"tcp://127.0.0.1:{port}", device="cpu", seconds=60)
        start = time.monotonic()
        found = task(gang, *given)
        gang.leave()
    except BaseException as error:  # noqa: BLE001 (told to the test)
        pipe.send(Told(None, f"{type(error).__name__}: {error}", time.monotonic() - start))
    else:
        pipe.send(Told(found, None, time.monotonic() - start))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
