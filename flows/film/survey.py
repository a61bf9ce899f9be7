"""What of a plan is in the store already, whole, and what has to be rendered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from flows.errors import MediaError, UserError
from flows.planning.model import Clip, Plan, PlannedShot
from flows.planning.motion import MADE_FROM, PREPARED
from flows.store import ClipRecord, Store
from flows.store.prepared import is_prepared
from wan.system.digests import file_digest
from wan.system.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Survey:
    """`found`: records of finished, whole clips by fingerprint. `missing`: clips to render, upstream first, all of them
    "new", also those that a plan has found in the store.

    `damaged`: fingerprints of those among the missing whose blobs were lost or altered.
    """

    found: dict[str, ClipRecord]
    missing: tuple[Clip, ...]
    damaged: frozenset[str]


def survey(store: Store, clips: Sequence[Clip]) -> Survey:
    """Look the clips up, and check every blob of those that are there; records of damaged ones are discarded."""
    finished = store.finished([clip.fingerprint for clip in clips])
    names = sorted(finished)
    with ThreadPoolExecutor(store.at_once, thread_name_prefix="check") as threads:
        records = {name: record for name, record in zip(names, threads.map(store.record, names), strict=True) if record}
    whole = store.whole({digest for record in records.values() for digest in record.blobs})
    found = {name: record for name, record in records.items() if whole.issuperset(record.blobs)}
    for name in records.keys() - found.keys():
        store.discard(name)
    missing = tuple(_new(clip) for clip in clips if clip.fingerprint not in found)
    return Survey(found, missing, frozenset(finished - found.keys()))


def _new(clip: Clip) -> Clip:
    return clip if clip.status == "new" else replace(clip, status="new")


def chosen_shots(plan: Plan, only: Sequence[str]) -> tuple[PlannedShot, ...]:
    """The shots named by full id (or by their last part, where one shot alone has it). Raises UserError."""
    by_id = {shot.id: shot for shot in plan.shots}
    return tuple(by_id[name] for name in chosen_ids(list(by_id), only))


def chosen_ids(ids: Sequence[str], only: Sequence[str]) -> tuple[str, ...]:
    """The full ids that are meant, each once. Raises UserError."""
    chosen: list[str] = []
    for name in only:
        matches = [name] if name in ids else [known for known in ids if known.rpartition(".")[2] == name]
        if len(matches) != 1:
            raise UserError(_which(ids, name, matches))
        chosen.append(matches[0])
    return tuple(dict.fromkeys(chosen))


def _which(ids: Sequence[str], name: str, matches: Sequence[str]) -> str:
    """What is wrong with a name that no shot has, or several."""
    if matches:
        return f"several shots are called {name!r}; there are {', '.join(matches)}"
    options = [known if "." in name else known.rpartition(".")[2] for known in ids]
    have = ", ".join(ids[:12])
    return f"no shot is called {name!r}; {did_you_mean(name, options, f'there are {have}')}"


def with_needed(plan: Plan, shots: Sequence[PlannedShot]) -> tuple[PlannedShot, ...]:
    """These shots and every shot they start from, in the order of the film."""
    by_id = {shot.id: shot for shot in plan.shots}
    needed: set[str] = set()
    stack = [shot.id for shot in shots]
    while stack:
        name = stack.pop()
        if name not in needed:
            needed.add(name)
            stack.extend(by_id[name].depends_on)
    return tuple(shot for shot in plan.shots if shot.id in needed)


def clips_of(plan: Plan, shots: Sequence[PlannedShot]) -> tuple[Clip, ...]:
    """Every clip of these shots once, upstream first, and the keyframes that they begin with and end on."""
    shown = (*shots, *plan.stills_of(shots))
    wanted = {clip.fingerprint for shot in shown for take in shot.takes for clip in take.clips}
    return tuple(clip for clip in plan.clips if clip.fingerprint in wanted)


def without_idle(surveyed: Survey, plans: Iterable[Plan]) -> Survey:
    """The same without missing keyframes that nothing missing begins with or ends on: no film shows them."""
    shots = (shot for plan in plans for shot in plan.shots)
    shown = {clip.fingerprint for shot in shots for take in shot.takes for clip in take.clips}
    needed = {up for clip in surveyed.missing for up in clip.upstream}
    missing = tuple(clip for clip in surveyed.missing if clip.fingerprint in shown or clip.fingerprint in needed)
    damaged = surveyed.damaged.intersection(clip.fingerprint for clip in missing)
    return Survey(surveyed.found, missing, damaged)


def check_soundtrack(plan: Plan) -> None:
    """Raises MediaError for a sound of the soundtrack that is gone, or has changed since it was planned with: the edit
    would find out when everything is rendered."""
    sound = plan.storyboard.soundtrack
    files = {str(one.file) for one in (sound.music, *sound.voiceover) if one is not None}
    for digest, path in plan.assets.items():
        if path in files:
            unchanged(Path(path), digest)


def unchanged(source: Path, digest: str) -> Path:
    """A file of the film, whose bytes are those that were planned with. Raises MediaError."""
    try:
        current = file_digest(source)
    except OSError as error:
        raise MediaError(f"cannot read {source}: {error.strerror}") from error
    if current != digest:
        raise MediaError(f"{source} was changed after the film was planned; plan it again")
    return source


def put_assets(store: Store, assets: Mapping[str, str], clips: Collection[Clip]) -> None:
    """Put the pictures, sounds, videos and LoRAs that these clips are made with where workers can read them. `assets`:
    the file of each digest.

    Raises MediaError when one has changed since it was planned with. A driving video may be gone once it has been
    prepared (`flows.cluster.motions`).
    """
    specs = [clip.spec for clip in clips]
    digests = {digest for spec in specs for digest in spec.pictures}
    digests |= {medium.digest for spec in specs for medium in spec.media if medium.name not in (PREPARED, MADE_FROM)}
    digests |= _to_be_prepared(store, clips)
    digests |= {lora.digest for spec in specs for lora in spec.loras}
    for digest in sorted(digests):
        store.put_file(Path(assets[digest]), digest)


def _to_be_prepared(store: Store, clips: Collection[Clip]) -> set[str]:
    """The driving videos (digests) that something has to be made of which is not in the store."""
    driving: dict[str, str] = {}
    for clip in clips:
        by_name = {medium.name: medium.digest for medium in clip.spec.media}
        if PREPARED in by_name:
            driving[by_name[PREPARED]] = by_name[MADE_FROM]
    return {video for key, video in driving.items() if not is_prepared(store, key)}
