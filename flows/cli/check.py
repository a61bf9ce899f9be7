"""`wanflow check`: every problem of every file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import config_dir_option, json_option, print_json
from flows.cli.words import count

if TYPE_CHECKING:
    from flows.errors import Problem


@click.command("check", short_help="Report every problem of storyboards.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@json_option
@config_dir_option
def command(files: tuple[str, ...], as_json: bool, config_dir: Path | None) -> None:
    """Report every problem of each FILE (a path, or the name of a storyboard) at once.

    Exit code 0: none; 2: at least one.

    \b
    Examples:
      wanflow check storyboards/my_film.yaml
      wanflow check storyboards/*.yaml --json
    """
    from flows.config import compose
    from flows.resources import storyboard_folders
    from flows.storyboard import check_storyboard

    roots = compose((), config_dir).settings.assets.roots
    search = storyboard_folders()
    found = {file: check_storyboard(file, roots=roots, search=search) for file in files}
    if as_json:
        print_json({file: [_as_json(problem) for problem in problems] for file, problems in found.items()})
    else:
        _print(found)
    if any(found.values()):
        raise click.exceptions.Exit(2)


def _print(found: dict[str, list[Problem]]) -> None:
    from flows.cli.outcome import problem_lines

    for file, problems in found.items():
        for line in problem_lines(problems):
            click.echo(line, err=True)
        if not problems:
            click.echo(f"{file}: no problems")
    wrong = [problems for problems in found.values() if problems]
    if wrong:
        total = count(sum(map(len, wrong)), "problem")
        click.echo(f"{total} in {len(wrong)} of {count(len(found), 'file')}", err=True)


def _as_json(problem: Problem) -> dict[str, object]:
    place = problem.place
    return {
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "shot": problem.shot,
        "message": problem.message,
        "fix": problem.fix,
    }
