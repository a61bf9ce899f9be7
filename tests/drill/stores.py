"""What becomes of the store in the middle of a film."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.store import open_store
from tests.drill.plays import Play
from tests.drill.rehearsal import Event, Making
from tests.flows.buckets import BUCKET, serving
from tests.flows.store.front import Asked, Drop, Fault, Front, before

GONE_SECONDS = (5.0, 20.0)
LONGEST_SECONDS = 60.0
"""What the store is gone for in the first play; as long as the product promises to wait."""
DISK_MIB = 32


def bucket_gone(play: Play) -> None:
    """Nobody can reach the bucket for a while: it is waited for, and the film is finished without another command."""
    with serving("moto", play.stage.folder / play.place / "moto") as server, before(server.url) as front:
        bucket = [f"store.bucket={BUCKET}", f"store.prefix=p{play.place}", f"store.endpoint={front.url}"]
        making, shots = play.begin("store=s3", *bucket, store=""), list[str]()
        for number in range(play.times):
            seconds = LONGEST_SECONDS if play.seed == 1 and number == 0 else play.chance.uniform(*GONE_SECONDS)
            shots.append(play.moment(making, "denoise", (1, 6), 0.3, shots)["shot"])
            assert _gone(front, seconds), "nobody asked for the store meanwhile"
            making.noted = len(making.events)
        play.same(play.end(making))


def _gone(front: Front, seconds: float) -> list[Asked]:
    """So long nobody gets an answer; returns what was asked. It is there again when this ends."""
    asked: list[Asked] = []

    def fault(what: Asked) -> Fault:
        asked.append(what)
        return Drop()

    front.fault = fault
    time.sleep(seconds)
    front.fault = lambda what: None
    return asked


def truncated(play: Play) -> None:
    """A clip that was finished loses its end before the film is cut: said, and it alone is rendered again."""
    making = play.begin()
    done = making.until(lambda e: e.get("event") == "finished")
    assert done is not None
    _truncate(play, done["fingerprint"], "video")
    _healed(play, making, done)


def hand_off_truncated(play: Play) -> None:
    """What another shot goes on from loses its end after it was found in the store: it is rendered again before that
    shot is."""
    first = play.begin("--only", "a.one")
    play.end(first)
    making = play.begin()
    done = making.until(lambda e: e.get("event") == "finished")
    assert done is not None
    assert done["cached"]
    assert done["shot"] == "a.one"
    _truncate(play, done["fingerprint"], "last_frame", "video")
    _healed(play, making, done)
    lost = [e for e in making.events if e.get("event") == "failed"]
    assert [(e["shot"], e["final"]) for e in lost] == [("a.two", False)], lost


def _truncate(play: Play, fingerprint: str, *which: str) -> None:
    record = open_store(play.stage.store).record(fingerprint)
    assert record is not None
    for name in which:
        file = next((Path(play.stage.store) / "blobs").rglob(getattr(record, name)))
        os.truncate(file, play.chance.randrange(file.stat().st_size))


def _healed(play: Play, making: Making, done: Event) -> None:
    """In the same run: the clip was said, and rendered once more, and no other."""
    play.lost.add(done["fingerprint"])
    document = play.end(making)
    assert [text for text in document["warnings"] if f"{done['shot']}: its clip" in text], document["warnings"]
    again = making.rendered.count(done["fingerprint"])
    assert again == (1 if done["cached"] else 2), making.rendered
    play.same(document)


def why_no_small_disk() -> str | None:
    """Why no small disk can be mounted here."""
    return None if os.geteuid() == 0 and _mounts() else "small disks can be mounted by root alone"


def disk_full(play: Play) -> None:
    """Somebody else fills the disk of the store in the middle: said, with what to do; with room again, the next command
    finishes the film."""
    with _small_disk(play.stage.folder / play.place / "disk") as disk:
        for _ in range(play.times):
            making = play.begin(store=str(disk / "store"))
            play.moment(making, "denoise", (1, 6), 1.0)
            filled = _fill(disk)
            document = play.end(making, 1)
            told = " ".join(problem["message"] for problem in document["problems"])
            assert "No space left" in told or "no space" in told, document
            filled.unlink()
        play.same(play.end(play.begin(store=str(disk / "store"))))


def _fill(disk: Path) -> Path:
    """To the last byte."""
    file = disk / "of-somebody-else"
    with file.open("wb", buffering=0) as out, suppress(OSError):
        while True:
            out.write(bytes(1 << 12))
    return file


def _mounts() -> bool:
    """In containers root may not."""
    tried = ["unshare", "--mount", "true"]
    try:
        return subprocess.run(tried, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@contextmanager
def _small_disk(place: Path) -> Iterator[Path]:
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "none", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
