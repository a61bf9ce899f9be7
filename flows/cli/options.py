"""Options and arguments that several commands share."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

storyboard_argument = click.argument("storyboard")
overrides_argument = click.argument("overrides", nargs=-1, metavar="[OVERRIDE]...")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
draft_option = click.option("--draft", is_flag=True, help="A quick look, half the steps, one take: render=draft.")
config_dir_option = click.option(
    "--config-dir",
    type=click.Path(path_type=Path),
    help="A folder of configuration groups that come before the shipped ones (default: ./conf, if it is one).",
)


def with_draft(overrides: tuple[str, ...], draft: bool) -> tuple[str, ...]:
    """The overrides, with `--draft` first, so that any of them wins over it."""
    return ("render=draft", *overrides) if draft else overrides


@contextmanager
def stdout_for_json() -> Iterator[None]:
    """Whatever is printed inside, by any library or process, goes to stderr: stdout is the document's alone."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
