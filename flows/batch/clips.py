"""Which films of a batch want which clips, and what has become of those that a pool was asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from flows.batch.film import BatchFilm
from flows.events import Event, Failed, Finished
from flows.planning.model import Clip


@dataclass(slots=True)
class AskedClips:
    """Of the films that were begun. `outstanding`: how many clips the pool has."""

    outstanding: int = 0
    _wanted: dict[str, list[BatchFilm]] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _known: dict[str, Finished | Failed] = field(default_factory=dict)

    def want(self, film: BatchFilm, clips: Iterable[Clip]) -> None:
        """It waits for these."""
        for clip in clips:
            wanting = self._wanted.setdefault(clip.fingerprint, [])
            if film not in wanting:
                wanting.append(film)

    def wanting(self, fingerprint: str) -> Sequence[BatchFilm]:
        """The films that want a clip, the first first."""
        return self._wanted.get(fingerprint, ())

    def name_of(self, fingerprint: str) -> str:
        """The first film and shot that want a clip."""
        films = self.wanting(fingerprint)
        return f"{films[0].name} {films[0].making.watches.name_of(fingerprint)}" if films else fingerprint[:12]

    def ask(self, clips: Iterable[Clip]) -> None:
        """They are rendered, or rendered again: whoever asks for them from now on waits."""
        for clip in clips:
            if clip.fingerprint not in self._asked or self._known.pop(clip.fingerprint, None) is not None:
                self.outstanding += 1
            self._asked.add(clip.fingerprint)

    def asked(self, clip: Clip) -> bool:
        """Whether the pool was told of it."""
        return clip.fingerprint in self._asked

    def with_pool(self, fingerprint: str) -> bool:
        """Whether the pool has it: waiting, or being rendered."""
        return fingerprint in self._asked and fingerprint not in self._known

    def note(self, event: Event) -> None:
        """What has become of a clip."""
        ends = isinstance(event, Finished) or (isinstance(event, Failed) and event.final)
        if ends and event.fingerprint not in self._known:
            assert isinstance(event, Finished | Failed)
            self._known[event.fingerprint] = event
            self.outstanding -= 1

    def leave(self, fingerprints: Collection[str]) -> list[BatchFilm]:
        """The pool does without these. The films that wanted them, each once."""
        self._asked.difference_update(fingerprints)
        self.outstanding -= len(fingerprints)
        return list(dict.fromkeys(film for name in fingerprints for film in self._wanted.pop(name)))

    def catch_up(self, film: BatchFilm) -> frozenset[str]:
        """Tell it what has become of clips that other films have asked for before; returns those that are lost, and
        what goes on from them."""
        lost: dict[str, str] = {}
        for clip in film.making.survey.missing:
            known = self._known.get(clip.fingerprint)
            cause = next((lost[name] for name in clip.upstream if name in lost), None)
            if known is None and cause is not None:
                known = self._known[clip.fingerprint] = Failed(clip.fingerprint, "", "", final=True, because_of=cause)
            if isinstance(known, Failed):
                lost[clip.fingerprint] = known.because_of or clip.fingerprint
            if known is not None:
                film.note(known)
        return frozenset(lost)
