"""Convert a checkpoint: plan, look for room, write into `<target>.partial`, rename at the end.

Whatever kills it, there is either no `target` or a whole one. The same call again takes up the files that are done.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wan.convert.gather import Found, gather
from wan.convert.plan import DTYPES, SHARD_BYTES, CopiedFile, Dtype, Output, TextFile, WeightFile, plan_files
from wan.convert.released import components
from wan.convert.writer import is_written, whole_file, write_file
from wan.errors import CheckpointError
from wan.system.digests import remember_digests
from wan.system.locks import hold, in_place

Progress = Callable[[int, int, str], None]
"""Bytes done, bytes in all, the file that is being written."""

Finish = Callable[[Path, str, Mapping[str, str]], None]
"""Called with the finished folder before it gets its name, its variant, and the sha256 of every file by its path."""

JOURNAL = "conversion.json"
_MARGIN = 64 * 2**20
_PIECE = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Converted:
    """What came out: the folder, its variant, components it still lacks, remarks; `nbytes` of all its files."""

    target: Path
    variant: str
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    nbytes: int


def convert(
    sources: Sequence[Path],
    target: Path,
    *,
    dtype: Dtype = "bf16",
    rest: Path | None = None,
    shard_bytes: int = SHARD_BYTES,
    on_progress: Progress | None = None,
    finish: Finish | None = None,
) -> Converted:
    """Write the checkpoint in `sources` (a folder in the reference's layout, or single files) to `target`.

    `dtype`: matrices of transformers and text encoder in bf16, in fp32, or as they are (`keep`); vectors, autoencoders
    and the small encoders are never rounded. `rest` is a folder, in either layout, that gives the components which
    single files lack. Raises `CheckpointError`: nothing known there, weights missing, no room, `target` exists.
    """
    if dtype not in DTYPES:
        raise CheckpointError(f"dtype: there is no {dtype!r}; there are {', '.join(DTYPES)}")
    _must_be_new(target)
    gathered = gather(sources)
    variant = gathered.variant
    if variant is None:
        raise CheckpointError(_no_transformer(sources, gathered))
    if rest is not None:
        _complete(gathered, gather([rest]), variant)
    outputs = plan_files(gathered, variant, dtype, shard_bytes)
    missing = tuple(name for name in components(variant) if name not in gathered.names)
    with _partial(target) as partial:
        done = _resume(partial, _made_from(gathered, outputs, dtype, shard_bytes), outputs)
        _check_room(target, outputs, done)
        _write(partial, outputs, done, on_progress or (lambda *_: None))
        (partial / JOURNAL).unlink()
        if finish is not None:
            finish(partial, variant, done)
        partial.rename(target)
        remember_digests({target / name: digest for name, digest in done.items()})
    return Converted(target, variant, missing, tuple(gathered.notes), sum(output.nbytes for output in outputs))


def _must_be_new(target: Path) -> None:
    if target.exists():
        raise CheckpointError(f"{target} exists already; convert to another place, or remove it first")


def _no_transformer(sources: Sequence[Path], found: Found) -> str:
    if "transformer" in found.folders:
        return f"{sources[0]} is in diffusers layout already: there is nothing to convert"
    return f"{sources[0]} holds no transformer, only {', '.join(sorted(found.names))}: give it too"


def _complete(found: Found, rest: Found, variant: str) -> None:
    """Take from `rest` what is missing."""
    for name in components(variant):
        if name in found.names or name.startswith("transformer"):
            continue
        if name in rest.parts:
            found.parts[name] = rest.parts[name]
        elif name in rest.folders:
            found.folders[name] = rest.folders[name]
    if "relighting_lora" in rest.folders and "image_encoder" in components(variant):
        found.folders.setdefault("relighting_lora", rest.folders["relighting_lora"])


def _made_from(found: Found, outputs: Sequence[Output], dtype: Dtype, shard_bytes: int) -> str:
    """A digest of everything that decides the files: another source or another wish begins anew."""
    files = {file for part in found.parts.values() for file in part.weights.source.files}
    files |= {output.source for output in outputs if isinstance(output, CopiedFile)}
    facts: list[Any] = [dtype, shard_bytes, [output.name for output in outputs]]
    facts += [[str(file.absolute()), file.stat().st_size, file.stat().st_mtime_ns] for file in sorted(files)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@contextmanager
def _partial(target: Path) -> Iterator[Path]:
    """The folder that grows, locked: of two conversions to one place the second is refused."""
    partial, place = target.with_name(f"{target.name}.partial"), target.with_name(f".{target.name}.lock")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        while (lock := hold(place)) is not None and not in_place(lock, place):
            lock.close()
    except OSError as error:
        raise CheckpointError(f"{target.parent} cannot be written to: {error.strerror}") from error
    if lock is None:
        raise CheckpointError(f"{partial} is being written by another conversion; wait for it")
    with lock:
        try:
            _must_be_new(target)  # once more: another conversion may have finished just now
            yield partial
        finally:
            place.unlink(missing_ok=True)


def _resume(partial: Path, made_from: str, outputs: Sequence[Output]) -> dict[str, str]:
    """What is whole already: file → sha256. Of another conversion nothing is kept."""
    journal = partial / JOURNAL
    if partial.exists() and not journal.is_file() and any(partial.iterdir()):
        raise CheckpointError(f"{partial} exists and is not one of a conversion; move it away")
    state: dict[str, Any] = {}
    if journal.is_file():
        try:
            state = json.loads(journal.read_text(encoding="utf-8"))
        except ValueError:
            state = {}
    if state.get("made_from") != made_from:
        shutil.rmtree(partial, ignore_errors=True)
        state = {"made_from": made_from, "done": {}}
    partial.mkdir(exist_ok=True)
    done = {output.name: state["done"][output.name] for output in outputs if _whole(partial, output, state["done"])}
    _save_journal(partial, made_from, done)
    return done


def _whole(partial: Path, output: Output, done: dict[str, str]) -> bool:
    path = partial / output.name
    if output.name not in done or not path.is_file():
        return False
    return is_written(path, output.entries) if isinstance(output, WeightFile) else path.stat().st_size == output.nbytes


def _save_journal(partial: Path, made_from: str, done: dict[str, str]) -> None:
    new = partial / f"{JOURNAL}.new"
    new.write_text(json.dumps({"made_from": made_from, "done": done}), encoding="utf-8")
    new.replace(partial / JOURNAL)


def _check_room(target: Path, outputs: Sequence[Output], done: dict[str, str]) -> None:
    needed = sum(output.nbytes for output in outputs if output.name not in done)
    free = shutil.disk_usage(target.parent).free
    if needed + _MARGIN > free:
        raise CheckpointError(
            f"{target.parent} has room for {free / 1e9:.1f} GB, and {needed / 1e9:.1f} GB have to be written: "
            "make room, or convert to another disk"
        )


def _write(partial: Path, outputs: Sequence[Output], done: dict[str, str], on_progress: Progress) -> None:
    total = sum(output.nbytes for output in outputs)
    made_from = json.loads((partial / JOURNAL).read_text(encoding="utf-8"))["made_from"]
    written = sum(output.nbytes for output in outputs if output.name in done)
    for output in outputs:
        if output.name in done:
            continue
        base = written

        def more(count: int, name: str = output.name) -> None:
            nonlocal base
            base += count
            on_progress(base, total, name)

        on_progress(base, total, output.name)
        (partial / output.name).parent.mkdir(parents=True, exist_ok=True)
        done[output.name] = _write_one(partial / output.name, output, more)
        _save_journal(partial, made_from, done)
        written += output.nbytes
    on_progress(total, total, "")


def _write_one(path: Path, output: Output, more: Callable[[int], None]) -> str:
    match output:
        case WeightFile():
            return write_file(path, output.entries, more)
        case TextFile():
            with whole_file(path, more) as file:
                file.write(output.text.encode())
            return file.sha256
        case CopiedFile():
            with whole_file(path, more) as file, output.source.open("rb") as given:
                while piece := given.read(_PIECE):
                    file.write(piece)
            return file.sha256
