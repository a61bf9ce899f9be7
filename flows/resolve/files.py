"""The files that a film is made of: who names each first, what it is, and what is wrong with it or worth a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from flows.errors import MediaError, Place, Problem
from flows.media.treated import TREATED
from flows.resolve.assets import Facts, Kind, look_at
from flows.shots import choose_variant
from flows.shots.inputs import brought
from flows.storyboard.model import Shot, Soundtrack, Storyboard
from wan.families import Family
from wan.variants import VARIANTS

Use: TypeAlias = tuple[Kind, Place | None, str | None]
"""What a file should be, and the place and shot that name it first."""
_ANEW = "name a file that can be read, or make this one anew"


@dataclass(frozen=True)
class Files:
    """`uses` of every file, and what was `looked` up of each: facts, or what is wrong with it."""

    uses: Mapping[Path, Use]
    looked: Mapping[Path, Facts | MediaError] = field(default_factory=dict)

    @cached_property
    def facts(self) -> dict[Path, Facts]:
        """Of those that can be read."""
        return {path: fact for path, fact in self.looked.items() if isinstance(fact, Facts)}

    @cached_property
    def digests(self) -> dict[Path, str]:
        """sha256 (hex)."""
        return {path: fact.digest for path, fact in self.facts.items()}

    @cached_property
    def sizes(self) -> dict[Path, tuple[int, int]]:
        """Width and height of pictures and videos, in pixels."""
        return {path: fact.size for path, fact in self.facts.items() if fact.size}

    @cached_property
    def seconds(self) -> dict[Path, float]:
        """Length of sounds and videos."""
        return {path: fact.seconds for path, fact in self.facts.items() if fact.seconds is not None}

    @cached_property
    def treated(self) -> dict[Path, tuple[str, ...]]:
        """How those are treated that are not plain."""
        return {path: fact.treated for path, fact in self.facts.items() if fact.treated}

    @property
    def problems(self) -> Iterator[Problem]:
        """Files that cannot be used."""
        for path, error in self.looked.items():
            if isinstance(error, MediaError):
                yield self._say(path, str(error), error.fix or _ANEW)

    @property
    def remarks(self) -> Iterator[Problem]:
        """Sounds and videos of which much less is there than their header says, and whatever is done to a file that
        people may not expect."""
        for path, fact in self.facts.items():
            if fact.promised is not None and fact.seconds is not None:
                there = f"its header says {fact.promised:.2f} s, {fact.seconds:.2f} s are there"
                yield self._say(path, f"{path.name} is cut off: {there}", "copy the whole file anew")
        for path, fact in self.facts.items():
            width, height = fact.size or (0, 0)
            for treatment in (TREATED[name] for name in fact.treated):
                if treatment.message:
                    yield self._say(
                        path, f"{path.name} {treatment.message.format(width=width, height=height)}", treatment.fix
                    )

    def _say(self, path: Path, message: str, fix: str | None) -> Problem:
        _, place, shot = self.uses[path]
        return Problem(place, message, fix, shot)


def look_at_files(uses: Mapping[Path, Use], *, headers: bool = False) -> Files:
    """Reads them: whole, or their headers alone."""
    looked = look_at({path: kind for path, (kind, _, _) in uses.items()}, headers=headers) if uses else {}
    return Files(uses, looked)


def first_uses(storyboard: Storyboard, family: Family) -> dict[Path, Use]:
    """Every file that the storyboard names and the family's variants read, with the first place that names it."""
    uses: dict[Path, Use] = {}
    for shot in storyboard.shots:
        for path, kind, place in _uses_of(shot, family):
            uses.setdefault(path, (kind, place, shot.full_id))
    for path, at in _sounds(storyboard.soundtrack):
        uses.setdefault(path, ("audio", at, None))
    return uses


def _uses_of(shot: Shot, family: Family) -> Iterator[tuple[Path, Kind, Place]]:
    """What its variant leaves aside is not read."""
    variant = VARIANTS.get(choose_variant(shot, family))
    for row, _ in brought(shot):
        if row.kind == "frame" or row.kind == "words":
            continue
        if row.spare and row.use is not None and (variant is None or not row.use.by(variant)):
            continue
        for path, place in row.uses(shot):
            yield path, row.kind, place


def _sounds(soundtrack: Soundtrack) -> Iterator[tuple[Path, Place | None]]:
    if soundtrack.music:
        yield soundtrack.music.file, soundtrack.places.get("music.file")
    for index, voice in enumerate(soundtrack.voiceover):
        yield voice.file, soundtrack.places.get(f"voiceover.{index}.file")
