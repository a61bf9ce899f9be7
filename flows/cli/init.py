"""`wanflow init`: a project of one's own, that renders at once. The files are copied from `flows/cli/project/`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from flows.errors import EnvironmentProblem
from flows.resources import working_folder

TEMPLATE = Path(__file__).parent / "project"
RENAMED = {"gitignore": ".gitignore"}
"""Stored under another name, so that it does not apply to the template itself."""


@click.command("init", short_help="Start a project of your own.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Start a project in DIR: a storyboard that renders at once, folders for assets and settings.

    A file that exists is kept as it is.

    \b
    Examples:
      wanflow init my-films
      wanflow init .
    """
    here = working_folder()
    for path, text in contents(folder).items():
        click.echo(f"  {path}{'' if _written(path, text) else ' (kept as it was)'}")
    go = "" if folder.resolve() == here else f"cd {shlex.quote(str(folder))} && "
    click.echo(f"\nNext: {go}wanflow render storyboards/my_film.yaml")


def _written(path: Path, text: str) -> bool:
    """Whether there was no such file. Raises `EnvironmentProblem` if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        if path.is_file():
            return False
        raise EnvironmentProblem(f"{path.parent}: is no folder; name another place for the project") from None
    except OSError as error:
        raise EnvironmentProblem(f"{path}: cannot be written ({error.strerror}); name another place") from error
    return True


def contents(folder: Path) -> Mapping[Path, str]:
    """Every file of the project with its text."""
    import flows.storyboard

    schema = (Path(flows.storyboard.__file__).parent / "storyboard.schema.json").as_uri()
    known = {"{{schema}}": schema, "{{name}}": folder.resolve().name}
    files = {}
    for source in sorted(path for path in TEMPLATE.rglob("*") if path.is_file()):
        text = source.read_text(encoding="utf-8")
        for word, value in known.items():
            text = text.replace(word, value)
        files[folder / source.relative_to(TEMPLATE).with_name(RENAMED.get(source.name, source.name))] = text
    return files
