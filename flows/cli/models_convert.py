"""`wanflow models convert`: a checkpoint in the reference's layout, or single files, to diffusers layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import events_option, json_option
from flows.errors import Stopped
from flows.words import size_of

if TYPE_CHECKING:
    from flows.cli.forms.models import ModelsConvertDocument
    from wan.convert.run import Converted

_DTYPES = ("bf16", "fp32", "keep")


@click.command("convert", short_help="Convert the reference's layout, or single files, to diffusers layout.")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", type=click.Path(path_type=Path))
@click.argument("target", metavar="TARGET", type=click.Path(path_type=Path))
@click.option("--dtype", type=click.Choice(_DTYPES), default="bf16", show_default=True, help="Type of the matrices.")
@click.option(
    "--with", "rest", metavar="FOLDER", type=click.Path(path_type=Path), help="What SOURCE lacks comes from here."
)
@click.option("--shard-gb", type=click.FloatRange(min=0.1), default=5.0, show_default=True, help="Size of the files.")
@json_option
@events_option
def command(
    sources: tuple[Path, ...],
    target: Path,
    dtype: str,
    rest: Path | None,
    shard_gb: float,
    as_json: bool,
    as_events: bool,
) -> None:
    """Write the checkpoint in SOURCE to the folder TARGET in diffusers layout, which is what wanflow renders with.

    SOURCE is a folder as the reference publishes it, or one or several single files as ComfyUI has them (fp8-scaled
    too); of two transformers the high-noise one comes first. One tensor at a time is in memory. A conversion that was
    stopped goes on with the same command; TARGET appears only when it is whole.

    \b
    Examples:
      wanflow models convert Wan2.2-I2V-A14B /weights/i2v-a14b
      wanflow models convert high_fp8.safetensors low_fp8.safetensors /weights/t2v --with Wan2.2-T2V-A14B
    """
    from wan.convert.run import convert

    sources_text = ", ".join(str(source) for source in sources)
    try:
        with _progress(quiet=as_json, events=as_events) as on_progress:
            made = convert(
                sources,
                target,
                dtype=dtype,  # type: ignore[arg-type]
                rest=rest,
                shard_bytes=int(shard_gb * 1e9),
                on_progress=on_progress,
                finish=lambda folder, variant, digests: _sign(folder, target.name, variant, sources_text, digests),
            )
    except KeyboardInterrupt:
        raise Stopped("stopped; finished files are kept, and the same command goes on from there") from None
    if as_json or as_events:
        _print_json(made, line=as_events)
    else:
        _say(made)


def _print_json(made: Converted, *, line: bool) -> None:
    from flows.cli.document import envelope, print_document

    document: ModelsConvertDocument = {
        **envelope("models convert"),
        "target": str(made.target),
        "variant": made.variant,
        "bytes": made.nbytes,
        "missing": list(made.missing),
        "notes": list(made.notes),
    }
    print_document(document, line=line)


def _say(made: Converted) -> None:
    click.echo(f"{made.target}: {made.variant}, {size_of(made.nbytes)}")
    for note in made.notes:
        click.echo(f"    {note}")
    if made.missing:
        click.echo(f"    it still lacks {', '.join(made.missing)}: put those folders there, or convert --with a folder")


def _sign(folder: Path, name: str, variant: str, sources: str, digests: Mapping[str, str]) -> None:
    """The list of files that `wanflow models verify` reads."""
    from wan.hub.manifest import File, Manifest, write_manifest

    files = {
        path: File((folder / path).stat().st_size, digest, f"sha256:{digest}")
        for path, digest in sorted(digests.items())
    }
    manifest = Manifest(
        name=name,
        hub="converted",
        repo=sources,
        revision="",
        commit="",
        layout="diffusers",
        licence="as its source",
        variant=variant,
        files=files,
    )
    write_manifest(folder, manifest)


@contextmanager
def _progress(*, quiet: bool, events: bool) -> Iterator[Callable[[int, int, str], None]]:
    """A bar for people, a line of JSON for each file for programs."""
    if events:
        from flows.cli.document import print_event

        seen: list[str] = []

        def tell(done: int, total: int, name: str) -> None:
            if name and name not in seen[-1:]:
                seen.append(name)
                print_event("file", path=name, done=done, bytes=total)

        yield tell
        return
    from rich.console import Console

    from flows.cli.pull_progress import progress_bars

    with progress_bars(Console(stderr=True, highlight=False, quiet=quiet)) as bars:
        task = bars.add_task("reading headers", total=None)
        yield lambda done, total, name: bars.update(task, completed=done, total=total, description=name or "done")
