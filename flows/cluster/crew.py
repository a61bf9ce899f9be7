"""The processes that render a clip together with a worker's own: what its renderer sees of them.

The worker is the leader of a gang. The others (`flows.cluster.member`) are given the same clip at the same time, make
the same calls, and say nothing: what is told, kept and published is the leader's.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from flows.cluster.failures import Fault
from flows.errors import FlowsError
from flows.planning.model import Clip
from wan.parallel.layout import Layout

if TYPE_CHECKING:
    from flows.cluster.renderers import RendererSpec
    from flows.store import Store
    from wan.parallel.gang import Gang


class Crew(Protocol):
    """Of a leader."""

    @property
    def members(self) -> int:
        """How many render a clip together, the leader counted."""
        ...

    def at_work(self, clip: Clip, layout: Layout, placement: str, device: str) -> AbstractContextManager[Gang]:
        """The gang, in that layout, while all the others render the clip too, with models in that placement. At the
        end they are waited for.

        Raises GangError when one of them is lost, MemberFault when one could not do its part, Disbanded.
        """
        ...


class Follower(Protocol):
    """A renderer that renders with the one of a leader."""

    def follow(self, clip: Clip, store: Store, gang: Gang, placement: str) -> None:
        """The same clip as the leader's; nothing of it is kept or told. Raises what went wrong here."""
        ...


class Disbanded(FlowsError):
    """Members were lost while nothing was rendered: the clip that is next has no part in it."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a member is given to do. `meeting`: where the gang meets, `tcp://host:port`."""

    clip: Clip
    renderer: RendererSpec
    layout: Layout
    placement: str
    device: str
    meeting: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: `fault` is what this member alone could not do; None too where all ended alike. `warnings` were
    said on the way."""

    fault: Fault | None = None
    warnings: tuple[str, ...] = ()
