"""A gang: processes with one GPU each that render one clip together, as one torch.distributed group.

Every member is given the same requests and does the same with them; a step is shared out, and its velocities are the
same bits everywhere, so that the rest (solver, latents, decoding) needs no exchange. What the members must agree on
goes over the CPUs. The leader, rank 0, is the one whose results count.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import torch
import torch.distributed as dist

from wan.errors import Cancelled, GangError, NumbersError, OtherFailed, RequestError, StateError
from wan.parallel.layout import PROMPTS, Layout
from wan.parallel.pulse import Loss, Pulse, open_pulse
from wan.parallel.share import ALONE, Share

SECONDS = 600.0
"""Default patience: a member that compiles or loads from a slow disk may keep the others waiting that long."""
_UNTIL_KNOWN = 3.0  # seconds: an exchange may fail before it is known who was lost
_ALIKE = (Cancelled, RequestError, StateError, NumbersError)  # what every member raises at the same place


class Alone:
    """A gang of one: nothing is shared, and nobody asked."""

    share: Share = ALONE

    def any(self, flag: bool) -> bool:
        """Whether it is so for any member."""
        return flag

    def check_same(self, name: str, digest: Callable[[], bytes]) -> None:
        """Raises `GangError` when the members have different ones."""

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Around whatever the members do together."""
        yield

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Around what each member does by itself, without the others: read, load. When one fails there, all are told,
        and stay together: that one has its own error, the others raise `OtherFailed`."""
        yield

    def leave(self) -> None:
        """Give up the connections to the others."""


@dataclass(slots=True)
class Bond:
    """What holds a gang together in one process, in whatever layouts: the group of the CPUs, who is still there, and
    how long one waits for another. `open` until this process leaves it."""

    control: dist.ProcessGroup
    pulse: Pulse
    limit: timedelta
    open: bool = True


class Gang(Alone):
    """The place of this process in a gang; made by `join`."""

    def __init__(self, share: Share, device: torch.device, bond: Bond) -> None:
        self.share, self.device = share, device
        self._bond = bond

    @staticmethod
    def join(
        layout: Layout,
        *,
        rank: int | None = None,
        meeting: str | None = None,
        device: str = "auto",
        seconds: float = SECONDS,
    ) -> Gang:
        """Meet the others; returns when all are there.

        `rank` counts from 0, the leader; `meeting` is `tcp://host:port` of a free port on the leader's machine. Left
        out, both are those that torchrun sets. `device`: `auto` is the GPU of torchrun's local rank, or the CPU where
        there is none. `seconds`: how long to wait for another member before it counts as lost. Raises `RequestError`
        when it is not said who meets where, `GangError` when the others do not come.
        """
        place = _place(layout, rank, meeting)
        chosen = _device(device)
        limit = timedelta(seconds=seconds)
        try:
            control, share = _meet(layout, place, chosen, limit)
            pulse = open_pulse(
                place.rank, layout.ranks, place.host, control, _abort if chosen.type == "cuda" else _wait
            )
        except (dist.DistError, RuntimeError, OSError) as error:
            raise GangError(f"rank {place.rank} of {layout.ranks} could not meet the others: {error}") from error
        return Gang(share, chosen, Bond(control, pulse, limit))

    def arranged(self, layout: Layout) -> Gang:
        """The same members in another layout of as many. All call it at once, for the same; leaving one leaves both.

        Raises `RequestError` for a layout of another number, `GangError`.
        """
        if layout.ranks != self.share.layout.ranks:
            raise RequestError(f"{layout} takes {layout.ranks} processes, the gang has {self.share.layout.ranks}")
        with self._asking():
            return Gang(make_share(layout, self.rank, self.device, self._bond.limit), self.device, self._bond)

    @property
    def open(self) -> bool:
        """Whether all are there, as far as is known; one that has ended never is again."""
        return self._bond.open and self._bond.pulse.lost() is None

    @property
    def rank(self) -> int:
        return self.share.rank

    @property
    def leads(self) -> bool:
        """Whether this is the member whose results count."""
        return self.rank == 0

    def any(self, flag: bool) -> bool:
        flags = torch.tensor([flag], dtype=torch.uint8)
        with self._asking():
            dist.all_reduce(flags, dist.ReduceOp.MAX, group=self._bond.control)
        return bool(flags.item())

    def check_same(self, name: str, digest: Callable[[], bytes]) -> None:
        mine = torch.frombuffer(bytearray(digest()), dtype=torch.uint8)
        all_of_them = [torch.empty_like(mine) for _ in range(self.share.layout.ranks)]
        with self._asking():
            dist.all_gather(all_of_them, mine, group=self._bond.control)
        others = [rank for rank, theirs in enumerate(all_of_them) if not torch.equal(theirs, all_of_them[0])]
        if others:
            raise GangError(f"{name}: not the same on rank {', '.join(map(str, others))} as on rank 0 of the gang")

    @contextmanager
    def guard(self) -> Iterator[None]:
        """An error that only this member has ends the gang: the others get a `GangError` with its words."""
        try:
            yield
        except _ALIKE:
            raise
        except BaseException as error:
            if isinstance(error, GangError):
                self._end(None)
                raise
            loss = self._bond.pulse.lost(_UNTIL_KNOWN if isinstance(error, (RuntimeError, ValueError)) else 0)
            if loss is not None:
                self._end(None)
                raise GangError(str(loss)) from error
            self._end(Loss(self.rank, f"{type(error).__name__}: {error}"))
            raise

    @contextmanager
    def apart(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            self.any(True)
            raise
        if self.any(False):
            raise OtherFailed("another process of the gang could not do its part")

    def leave(self) -> None:
        if not self._bond.open:
            return
        self._bond.open = False
        self._bond.pulse.leave()
        if dist.is_initialized():
            dist.destroy_process_group()

    def _end(self, loss: Loss | None) -> None:
        """Leave without waiting for anybody."""
        self._bond.open = False
        self._bond.pulse.leave(loss)
        if self.device.type == "cuda":
            _abort()
        elif dist.is_initialized():
            dist.destroy_process_group()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        if not self._bond.open:
            raise GangError("the gang has ended")
        try:
            yield
        except (RuntimeError, ValueError) as error:
            loss = self._bond.pulse.lost(_UNTIL_KNOWN)
            raise GangError(str(loss) if loss else f"the gang does not answer: {error}") from error


@dataclass(frozen=True, slots=True)
class _Place:
    rank: int
    host: str
    meeting: str


def _place(layout: Layout, rank: int | None, meeting: str | None) -> _Place:
    if meeting is not None and rank is not None:
        if not 0 <= rank < layout.ranks:
            raise RequestError(f"rank: {layout} has ranks 0 to {layout.ranks - 1}, not {rank}")
        return _Place(rank, urlsplit(meeting).hostname or "127.0.0.1", meeting)
    missing = [name for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise RequestError(f"gang: {', '.join(missing)} not set; start with torchrun, or give rank and meeting")
    if int(os.environ["WORLD_SIZE"]) != layout.ranks:
        raise RequestError(f"gang: {layout} takes {layout.ranks} processes, {os.environ['WORLD_SIZE']} were started")
    return _Place(int(os.environ["RANK"]), os.environ["MASTER_ADDR"], "env://")


def _device(name: str) -> torch.device:
    if name == "auto":
        local = os.environ.get("LOCAL_RANK", "0")
        name = f"cuda:{local}" if torch.cuda.is_available() else "cpu"
    device = torch.device(name)
    if device.type == "cuda":
        device = torch.device("cuda", device.index or 0)
        torch.cuda.set_device(device)
    return device


def _meet(layout: Layout, place: _Place, device: torch.device, limit: timedelta) -> tuple[dist.ProcessGroup, Share]:
    """The group of the CPUs, and what is computed here."""
    dist.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        init_method=place.meeting,
        rank=place.rank,
        world_size=layout.ranks,
        timeout=limit,
        pg_options=_options(device),
    )
    control = dist.new_group(backend="gloo", timeout=limit)
    return control, make_share(layout, place.rank, device, limit)


def make_share(layout: Layout, rank: int, device: torch.device, limit: timedelta) -> Share:
    """What `rank` computes in a layout of all that have met, with its groups. All call it at once."""
    ranks = range(layout.ranks)
    sequences = [list(ranks[first : first + layout.sequence]) for first in ranks[:: layout.sequence]]
    twins = [list(ranks[first :: layout.sequence]) for first in ranks[: layout.sequence]]
    names = []
    for groups in (sequences, twins if layout.guidance == PROMPTS else []):
        made = {tuple(group): dist.new_group(group, timeout=limit, pg_options=_options(device)) for group in groups}
        names.append(next((group.group_name for members, group in made.items() if rank in members), ""))
    return Share(layout, rank, *names)


def _options(device: torch.device) -> Any:
    """Exchanges go before the products they run beside, which would fill the GPU."""
    return dist.ProcessGroupNCCL.Options(is_high_priority_stream=True) if device.type == "cuda" else None


def _abort() -> None:
    """End whatever a GPU waits for."""
    if dist.is_initialized():
        dist.distributed_c10d._abort_process_group()


def _wait() -> None:
    """Gloo sees by itself that a connection was closed."""
