"""The graph of the clips that are not settled: what each waits for, who wants it, how far it is to the end from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from flows.cluster.health import Kind
from flows.planning.model import Clip, topological
from flows.planning.motion import prepared_key

LEAST_SECONDS = 1e-3
"""What a clip is taken to need at least, so that a chain of clips that were never timed counts its links."""


@dataclass(slots=True, eq=False)
class Entry:
    """A clip of the queue. `path`: seconds from its start to the end of the longest chain that begins with it; `number`
    counts clips as they came; `since` (seconds since the epoch) is when it became ready, or was leased."""

    clip: Clip
    number: int
    kind: Kind
    key: str | None
    seconds: float
    path: float = 0.0
    waits_for: set[str] = field(default_factory=set)
    films: set[str] = field(default_factory=set)
    attempts: int = 0
    leased_to: str | None = None
    doubted: bool = False
    since: float | None = None

    @property
    def name(self) -> str:
        return self.clip.fingerprint

    @property
    def model(self) -> str:
        return self.kind.model

    @property
    def rank(self) -> tuple[float, int]:
        """Among the ready clips of one film and model: the longest way first, then as they came."""
        return -self.path, self.number


class Graph:
    """Clips by fingerprint. An upstream that is not here is in the store."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._followers: dict[str, dict[str, None]] = {}
        self._kinds: dict[tuple[str, int, int, int], Kind] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def get(self, name: str) -> Entry | None:
        return self._entries.get(name)

    def add(self, clips: Iterable[Clip]) -> tuple[tuple[Entry, ...], set[str]]:
        """The entries of the clips that were not here, and the names of older ones whose path has become longer."""
        fresh = {clip.fingerprint: clip for clip in clips if clip.fingerprint not in self._entries}
        made: list[Entry] = []
        for clip in fresh.values():
            self._count += 1
            seconds = max(clip.estimated_seconds, LEAST_SECONDS)
            entry = Entry(clip, self._count, self._kind_of(clip), prepared_key(clip), seconds)
            self._entries[clip.fingerprint] = entry
            made.append(entry)
        for entry in made:
            entry.waits_for = {up for up in entry.clip.upstream if up in self._entries}
            for upstream in entry.waits_for:
                self._followers.setdefault(upstream, {})[entry.name] = None
        changed = self.measure([clip.fingerprint for clip in reversed(topological(fresh))])
        return tuple(made), changed - fresh.keys()

    def measure(self, names: Iterable[str]) -> set[str]:
        """Measure the paths of these clips again, and of those before them while they change. What has changed."""
        changed: set[str] = set()
        todo = deque(names)
        while todo:
            entry = self._entries.get(todo.popleft())
            if entry is None:
                continue
            path = entry.seconds + max((after.path for after in self.followers(entry.name)), default=0.0)
            if path != entry.path:
                entry.path = path
                changed.add(entry.name)
                todo.extend(entry.waits_for)
        return changed

    def followers(self, name: str) -> Iterator[Entry]:
        """The clips that wait for this one."""
        for follower in self._followers.get(name, ()):
            entry = self._entries.get(follower)
            if entry is not None:
                yield entry

    def before(self, names: Iterable[str]) -> Iterator[Entry]:
        """Each of these clips that is here, and everything here that they wait for."""
        seen: set[str] = set()
        stack = [name for name in names if name in self._entries]
        while stack:
            name = stack.pop()
            if name not in seen:
                seen.add(name)
                yield self._entries[name]
                stack.extend(self._entries[name].waits_for)

    def after(self, name: str) -> Iterator[Entry]:
        """The clip, and everything that waits for it."""
        seen: set[str] = set()
        stack = [name]
        while stack:
            one = stack.pop()
            if one not in seen and one in self._entries:
                seen.add(one)
                yield self._entries[one]
                stack.extend(self._followers.get(one, ()))

    def finish(self, name: str) -> tuple[Entry, ...]:
        """It is in the store, and not here any more. What waited for nothing else."""
        entry = self._entries.pop(name)
        ready = []
        for follower in self._followers.pop(name, ()):
            waiting = self._entries.get(follower)
            if waiting is not None:
                waiting.waits_for.discard(name)
                if not waiting.waits_for:
                    ready.append(waiting)
        self._part(entry)
        return tuple(ready)

    def remove(self, entries: Iterable[Entry]) -> set[str]:
        """They are not wanted any more, nor what waits for them. The clips before them whose path is shorter now."""
        before: set[str] = set()
        for entry in entries:
            self._entries.pop(entry.name, None)
            self._followers.pop(entry.name, None)
            self._part(entry)
            before |= entry.waits_for
        return self.measure(before)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Those of the clips that are here."""
        return tuple(self._kinds.values())

    def _kind_of(self, clip: Clip) -> Kind:
        key = (clip.model, *clip.spec.extent)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = Kind(key[0], clip)
        kind.names[clip.fingerprint] = None
        return kind

    def _part(self, entry: Entry) -> None:
        entry.kind.names.pop(entry.name, None)
        if not entry.kind.names:
            self._kinds.pop((entry.model, *entry.clip.spec.extent), None)
        for upstream in entry.waits_for:
            followers = self._followers.get(upstream)
            if followers is not None:
                followers.pop(entry.name, None)
