"""What is called what in a store, whatever keeps it: a folder, a bucket, memory.

    blobs/<aa>/<sha256>               any file by its digest: assets, clips, latents, frames
    clips/<aa>/<fingerprint>.json     the record of one finished clip
    identity.txt                      which store this is
    ledger/<time>-<digest>.parquet    rows of the ledger, a file a write
    ledger-timings/*.json             what clips and films took
    plans/<slug>-<digest>.json        the last finished film of a storyboard
    picks/<digest>/<number>.json      takes of a storyboard's shots that were chosen by eye; the last one counts
    prompts/<sha256>.json             a prompt that was written out
    seams/<sha256>.json               what was measured of a join or a shot (`flows.seams.notes`)
    motions/<sha256>.json             which blobs were prepared from a driving video
    submissions/<sha256>.json         a storyboard that was sent, and the blobs of its files
    films/<run>.json                  the files of a film that was made for somebody elsewhere
    pools/<name>.json                 what people changed about a pool of workers by hand
    budgets/<month>/<number>.json     what films have reserved of a month's cap
    claims/<fingerprint>-<number>     a clip that somebody renders right now (`flows.cluster.store_claims`)
    reviews/<slug>-<digest>/*.json    what people have decided about a film, and what is asked (`flows.review.history`)
    checkpoints/<fingerprint>-<…>     how far a clip has come that is not finished (`flows.store.checkpoints`)

Keys are relative, with slashes on every system. All but blobs and records are notes: small but for checkpoints, and
replaced at will.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from flows.errors import StoreError

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NOTE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
BLOBS, RECORDS, TEMPORARY = "blobs", "clips", "tmp"
"""The folders that are no notes'. `TEMPORARY` is where a back end may keep what is not whole yet."""

IDENTITY = "identity.txt"
LEDGER = "ledger"
CHECKPOINTS = "checkpoints"
SUBMISSIONS = "submissions"
TIMINGS = "ledger-timings/timings.json"
OVERHEADS = "ledger-timings/films.json"

_LEDGER_FILE = re.compile(rf"{LEDGER}/\d{{8}}T\d{{6}}Z-[0-9a-f]{{16}}\.parquet")
_BUDGET = re.compile(r"budgets/\d{4}-\d{2}/(\d{8})\.json")
_PICKS = re.compile(r"picks/[0-9a-f]{64}/(\d{8})\.json")
_BLOB_PATH = re.compile(rf"[^\s'\"]*/{BLOBS}/[0-9a-f]{{2}}/([0-9a-f]{{64}})")


def blob_key(digest: str) -> str:
    """Where the bytes of this sha256 are. Raises StoreError for what is none."""
    return f"{BLOBS}/{_sha256(digest)[:2]}/{digest}"


def is_blob(key: str) -> bool:
    """Whether a blob would be there."""
    return key.startswith(f"{BLOBS}/")


def record_key(fingerprint: str) -> str:
    """Where the record of the clip is. Raises StoreError for what is no fingerprint."""
    return f"{RECORDS}/{_sha256(fingerprint)[:2]}/{fingerprint}.json"


def note_key(name: str) -> str:
    """Where a note is: under its name. Raises StoreError for a name that leads elsewhere."""
    if not is_note(name) or name.partition("/")[0] in (BLOBS, RECORDS, TEMPORARY):
        raise StoreError(f"{name!r} cannot be the name of a note in a store")
    return name


def is_note(name: str) -> bool:
    """Whether a note can have this name: what others leave in a folder has other ones."""
    return _NOTE.fullmatch(name) is not None


def ledger_note(stamp: str, digest: str) -> str:
    """A file of the ledger, by the time of its last row (`20260131T235959Z`) and the sha256 of its bytes."""
    return f"{LEDGER}/{stamp}-{digest[:16]}.parquet"


def is_ledger_note(name: str) -> bool:
    """Whether the name is one of ours in the folder of the ledger."""
    return _LEDGER_FILE.fullmatch(name) is not None


def plan_note(slug: str, digest: str) -> str:
    """The last finished film of a storyboard: films of one title from different files do not share their past."""
    return f"plans/{slug}-{digest[:12]}.json"


def picks_folder(digest: str) -> str:
    """Where takes are that people chose, by the sha256 of the storyboard's identity."""
    return f"picks/{digest}"


def picks_note(digest: str, number: int) -> str:
    """All of them as they were after so many changes, from 1."""
    return f"{picks_folder(digest)}/{number:08}.json"


def picks_number(name: str) -> int | None:
    """Which change a note is of; None: it is none."""
    found = _PICKS.fullmatch(name)
    return int(found[1]) if found else None


def prompt_note(digest: str) -> str:
    """A prompt that was written out, by the digest of what decides the answer."""
    return f"prompts/{digest}.json"


def motion_note(key: str) -> str:
    """What was prepared from a driving video, by `wan.variants.animate.preprocess.key`."""
    return f"motions/{key}.json"


def seam_note(key: str) -> str:
    """What was measured of a join or a shot, by the sha256 of what was looked at."""
    return f"seams/{_sha256(key)}.json"


def submission_note(digest: str) -> str:
    """A storyboard that was sent, by the sha256 of what the note says."""
    return f"{SUBMISSIONS}/{_sha256(digest)}.json"


def film_note(run: str) -> str:
    """The files of a film, by the run that made it."""
    return f"films/{run}.json"


def pool_note(name: str) -> str:
    """What people changed about a pool by hand."""
    return f"pools/{name}.json"


def budget_folder(month: str) -> str:
    """Where the reservations of a month (`2026-11`) are."""
    return f"budgets/{month}"


def budget_note(month: str, number: int) -> str:
    """A reservation of a month, from 1."""
    return f"{budget_folder(month)}/{number:08}.json"


def budget_number(name: str) -> int | None:
    """Which reservation a note is; None: it is none."""
    found = _BUDGET.fullmatch(name)
    return int(found[1]) if found else None


def claim_note(fingerprint: str, number: int) -> str:
    """That somebody renders a clip: the first one, or the next after those that are void. Raises StoreError for what is
    no fingerprint."""
    return f"claims/{_sha256(fingerprint)}-{number}"


def checkpoint_note(fingerprint: str, kind: str, step: int, stamp: str, digest: str) -> str:
    """A clip's state after `step` steps, for machines of a `kind` (12 hexadecimal digits), by the time it was written
    (`20260131T235959Z`) and the sha256 of its bytes. Raises StoreError for what is no fingerprint."""
    return f"{CHECKPOINTS}/{_sha256(fingerprint)}-{kind}-{step:04}-{stamp}-{digest[:16]}"


def is_checkpoint_of(name: str, fingerprint: str) -> bool:
    """Whether the note is a checkpoint of that clip."""
    return name.startswith(f"{CHECKPOINTS}/{fingerprint}-")


def with_named_blobs(text: str, names: Mapping[str, str]) -> str:
    """The text with paths of blobs replaced by what `names` calls their digests."""
    return _BLOB_PATH.sub(lambda found: names.get(found[1], found[0]), text)


def _sha256(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise StoreError(f"{digest!r} is not a sha256 digest")
    return digest
