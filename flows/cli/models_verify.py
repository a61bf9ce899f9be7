"""`wanflow models verify`: read every byte of a model and say what is broken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import json_option, root_option
from flows.errors import UserError
from flows.words import count, size_of
from wan.families import FAMILIES
from wan.hub.catalog import CATALOG, find
from wan.hub.verify import Verified, verify
from wan.system.files import without_tilde
from wan.weights.places import folder_of

if TYPE_CHECKING:
    from flows.cli.forms.envelope import ProblemForm
    from flows.cli.forms.models import ModelsVerifyDocument, VerifiedFolder


@click.command("verify", short_help="Read every byte of a model and say what is broken.")
@click.argument("what", metavar="NAME|FOLDER|FAMILY")
@root_option
@json_option
def command(what: str, root: Path | None, as_json: bool) -> None:
    """Check a pulled model, a family that ships with wanflow, or any folder in diffusers layout: sizes, sha256,
    headers, shards, layout.

    Exit code 0: whole; 1: something is broken, and the way to mend it is said. Only pulled models have digests to
    compare with.

    \b
    Examples:
      wanflow models verify t2v-a14b
      wanflow models verify /weights/t2v-a14b --json
      wanflow models verify tiny
    """
    family = FAMILIES.get(what)
    if family is not None and family.root is not None:
        every = [_checked(family.root / role.folder, role.variant) for role in family.roles.values()]
    else:
        folders, variant = _folders(what, root)
        every = [_checked(folder, variant) for folder in folders]
    if as_json:
        _print_json(every)
    for checked in every:
        if not as_json:
            _print(checked)
    if any(checked.faults for checked in every):
        raise click.exceptions.Exit(1)


def _folders(what: str, root: Path | None) -> tuple[list[Path], str | None]:
    """The folders of that name, pulled and converted, and the variant they should be."""
    path = without_tilde(Path(what))
    if what not in CATALOG and path.is_dir():
        return [path], None
    if what not in CATALOG and (path.exists() or path.parent != Path()):
        raise UserError(f"{path} is no folder")
    model = find(what)
    folder = folder_of(model.name, root)
    folders = [place for place in (folder, folder.with_name(f"{folder.name}-diffusers")) if place.is_dir()]
    if not folders:
        raise UserError(f"{model.name} is not in {folder}; fetch it: wanflow models pull {model.name}")
    return folders, model.variant


def _checked(folder: Path, variant: str | None) -> Verified:
    from rich.console import Console

    from flows.cli.pull_progress import progress_bars
    from wan.hub.info import describe
    from wan.hub.manifest import read_manifest

    manifest = read_manifest(folder)
    if manifest is None and variant is None:
        variant = describe(folder).variant
    with progress_bars(Console(stderr=True)) as bars:
        task = bars.add_task(folder.name, total=manifest.size if manifest else None)
        return verify(folder, variant=variant, on_bytes=lambda read: bars.update(task, advance=read))


def _print_json(every: Sequence[Verified]) -> None:
    from flows.cli.document import envelope, print_document
    from flows.cli.problems import from_text

    problems: list[ProblemForm] = []
    for checked in every:
        for fault in checked.faults:
            broken = from_text(fault.what, "broken")
            problems.append({**broken, "file": str(checked.folder / fault.path), "fix": _mend(checked)})
    document: ModelsVerifyDocument = {
        **envelope("models verify", 1 if problems else 0, problems),
        "folders": [_as_json(checked) for checked in every],
    }
    print_document(document)


def _as_json(checked: Verified) -> VerifiedFolder:
    return {
        "folder": str(checked.folder),
        "whole": not checked.faults,
        "digests_known": checked.manifest is not None,
        "bytes": checked.read,
        "faults": [{"path": fault.path, "what": fault.what} for fault in checked.faults],
    }


def _print(checked: Verified) -> None:
    for fault in checked.faults:
        click.echo(f"{fault.path}: {fault.what}")
    if checked.faults:
        click.echo(f"\n{count(len(checked.faults), 'fault')} in {checked.folder}. {_mend(checked)}")
    elif checked.manifest is None:
        click.echo(
            f"{checked.folder}: headers, shards and layout are right; it was not pulled, so no digests are known"
        )
    else:
        files = count(len(checked.manifest.files), "file")
        click.echo(f"{checked.folder}: whole; {files}, {size_of(checked.read)}, as {checked.manifest.repo} has them")


def _mend(checked: Verified) -> str:
    manifest = checked.manifest
    if manifest is not None and manifest.hub == "converted":
        return f"To mend it, remove it and convert {manifest.repo} again"
    if manifest is None or manifest.name not in CATALOG:
        return "Get the files named above again from where they came"
    if all(fault.path == "." for fault in checked.faults):
        return f"Its files are as they were pulled: wanflow models convert {checked.folder} {checked.folder}-diffusers"
    hub = "" if manifest.hub == "huggingface" else f" --hub {manifest.hub}"
    again = f"wanflow models pull {manifest.name}{hub} --root {checked.folder.parent}"
    return f"To mend it, fetching only these files: {again}"
