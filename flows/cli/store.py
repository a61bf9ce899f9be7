"""`wanflow store`: what there is in the store of clips, and putting its ledger in order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import config_dir_option, json_option, overrides_argument
from flows.words import count, size_of

if TYPE_CHECKING:
    from flows.cli.forms.store import StoreCompactDocument, StoreStatusDocument
    from flows.store import Store


@click.group("store", short_help="Look at the store, and put its ledger in order.")
def command() -> None:
    """The store of clips, records and the ledger: a folder, or a bucket (store=s3).

    \b
    Examples:
      wanflow store status
      wanflow store status store=s3 store.bucket=films store.endpoint=https://s3.example.com
      wanflow store compact
    """


@command.command("status", short_help="How much there is.")
@overrides_argument
@json_option
@config_dir_option
def status(overrides: tuple[str, ...], as_json: bool, config_dir: Path | None) -> None:
    """Say where the store is and how much is in it. Everything in it is listed, which takes a while in a bucket.

    \b
    Example:
      wanflow store status --json
    """
    from flows.ledger import ledger_files

    store = _opened(overrides, config_dir)
    stock, files = store.stock(), ledger_files(store)
    if as_json:
        from flows.cli.document import envelope, print_document

        document: StoreStatusDocument = {
            **envelope("store status"),
            "address": store.address,
            "clips": stock.records,
            "blobs": stock.blobs,
            "bytes": stock.nbytes,
            "ledger_files": files,
        }
        print_document(document)
        return
    click.echo(store.address)
    click.echo(f"    {count(stock.records, 'finished clip')}")
    click.echo(f"    {count(stock.blobs, 'blob')}, {size_of(stock.nbytes)}")
    click.echo(f"    {count(files, 'file')} of the ledger")


@command.command("compact", short_help="Make one file of the ledger's many.")
@overrides_argument
@json_option
@config_dir_option
def compact(overrides: tuple[str, ...], as_json: bool, config_dir: Path | None) -> None:
    """Make one file of the ledger's many, so that its history is read quickly. Safe while films are made.

    Each film writes a file of its own; a film does this too when it finds 64 of them.

    \b
    Example:
      wanflow store compact store.address=/mnt/films
    """
    from flows.ledger import compact

    damaged: list[str] = []
    store = _opened(overrides, config_dir)
    done = compact(store, damaged.append)
    if as_json:
        from flows.cli.document import envelope, print_document, warnings

        document: StoreCompactDocument = {
            **envelope("store compact", problems=warnings(damaged)),
            "address": store.address,
            "files": done.files,
            "rows": done.rows,
        }
        print_document(document)
        return
    for message in damaged:
        click.echo(f"warning: {message}", err=True)
    what = f"{count(done.files, 'file')} of the ledger, {count(done.rows, 'row')}"
    click.echo(f"{what}: one file now" if done.files > 1 else f"{what}: nothing to do")


def _opened(overrides: tuple[str, ...], config_dir: Path | None) -> Store:
    from flows.config import compose
    from flows.store import open_store

    store = open_store(compose(overrides, config_dir).settings.store.address)
    store.check()
    return store
