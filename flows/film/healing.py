"""Clips whose blobs were lost or altered in the store while a film is made: which are rendered again, once a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.errors import MediaError, UserError
from flows.events import Failed
from flows.film.survey import put_assets, survey
from flows.planning.model import Clip
from flows.store import ClipRecord, Store


@dataclass(frozen=True, slots=True)
class Stale:
    """Records that promise what is not there any more. `found`: those that stand in their place, whole; `missing`:
    clips without one, upstream first."""

    found: Mapping[str, ClipRecord]
    missing: tuple[Clip, ...]


class Healing:
    """Of one run. `clips` are all of its films, upstream first; `assets` the file of each input's digest."""

    def __init__(self, store: Store, clips: Iterable[Clip], assets: Mapping[str, str]) -> None:
        self._store = store
        self._clips = {clip.fingerprint: clip for clip in clips}
        self._assets = assets
        self._healed: set[str] = set()
        self._tried: set[tuple[str, str]] = set()
        self._waiting: set[str] = set()

    def stale(self, records: Mapping[str, ClipRecord]) -> Stale:
        """Of these records; what is damaged is withdrawn, so that it can be rendered again. Raises StoreError."""
        whole = self._store.whole({digest for record in records.values() for digest in record.blobs})
        names = {name for name, record in records.items() if not whole.issuperset(record.blobs)}
        looked = survey(self._store, [clip for name, clip in self._clips.items() if name in names])
        return Stale(looked.found, looked.missing)

    def again(self, clips: Iterable[Clip]) -> tuple[Clip, ...]:
        """Those that were not rendered again in this run yet, with their inputs in the store: to be submitted. Raises
        MediaError, StoreError."""
        fresh = tuple(clip for clip in clips if clip.fingerprint not in self._healed)
        put_assets(self._store, self._assets, fresh)
        self._healed.update(clip.fingerprint for clip in fresh)
        return fresh

    def after(self, failed: Failed) -> tuple[Clip, ...]:
        """What to submit so that a lost clip is not lost: what it starts from and is damaged, and itself. Nothing, if
        that is not why, or was tried before. What was lost because of it is given back too, when it is said.

        Raises StoreError.
        """
        clip = self._clips.get(failed.fingerprint)
        if clip is None or not failed.final:
            return ()
        if failed.because_of is not None:
            return (clip,) if failed.because_of in self._waiting else ()
        self._waiting.discard(failed.fingerprint)
        untried = [each for each in failed.damaged if (failed.fingerprint, each) not in self._tried]
        if not untried:
            return ()
        self._tried.update((failed.fingerprint, each) for each in untried)
        upstream = [self._clips[name] for name in self._clips if name in failed.damaged]
        try:
            missing = self.again(survey(self._store, upstream).missing)
            put_assets(self._store, self._assets, [clip])
        except (MediaError, UserError):  # a file is gone, too, or there is no room: the clip's own failure stands
            return ()
        self._waiting.add(failed.fingerprint)
        return (*missing, clip)
