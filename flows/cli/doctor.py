"""`wanflow doctor`: whether this machine can make films, and what the configuration says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import config_dir_option, json_option, overrides_argument

if TYPE_CHECKING:
    from flows.cli.doctor_page import Finding
    from flows.cli.forms.doctor import ConfigurationDocument
    from flows.settings import Settings


@click.command("doctor", short_help="Check this machine and show the configuration.")
@overrides_argument
@click.option("--config", "show_config", is_flag=True, help="List every configuration key with its value instead.")
@json_option
@config_dir_option
def command(overrides: tuple[str, ...], show_config: bool, as_json: bool, config_dir: Path | None) -> None:
    """Check what a render needs: programs, GPUs and memory, models, who extends prompts, folders, addresses.

    Of full-size families it says what fits this GPU and how it would be placed. Nothing is loaded or fetched.

    Exit code 0: renders can begin; 2: something has to be done first.

    \b
    Examples:
      wanflow doctor
      wanflow doctor model=wan22 model.root=/weights prompts=local
      wanflow doctor --config render=draft
    """
    from flows.config import compose

    settings = compose(overrides, config_dir).settings
    if show_config:
        _print_config(dict(values(settings)), as_json)
        return
    from flows.cli import doctor_page
    from flows.extras import check_can_render

    check_can_render()
    findings = list(examine(settings))
    if as_json:
        doctor_page.print_json(findings)
    else:
        doctor_page.print_page(findings)
    if not doctor_page.ready(findings):
        raise click.exceptions.Exit(2)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every look, in order."""
    from flows.cli import doctor_machine as machine
    from flows.cli import doctor_models as here

    for look in (machine.programs, machine.compute, here.models, here.prompts, machine.folders, machine.addresses):
        yield from look(settings)


def values(settings: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every dotted key with its value."""
    assert is_dataclass(settings)
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            yield from values(value, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _print_config(tree: Mapping[str, object], as_json: bool) -> None:
    if as_json:
        from flows.cli.document import envelope, print_document

        document: ConfigurationDocument = {**envelope("doctor --config"), "configuration": dict(tree)}
        print_document(document)
        return
    for key, value in tree.items():
        said = "null" if value is None else value
        if isinstance(value, Mapping):  # as an override has it
            said = f"{{{', '.join(f'{name}: {each}' for name, each in value.items())}}}"
        click.echo(f"{key:<28} {said}")
