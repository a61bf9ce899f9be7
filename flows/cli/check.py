"""`wanflow check`: every problem of every file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from flows.cli.options import config_dir_option, json_option
from flows.words import count

if TYPE_CHECKING:
    from flows.cli.forms.check import CheckDocument
    from flows.cli.forms.envelope import ProblemForm
    from flows.errors import Problem
    from flows.settings import Settings

    Findings: TypeAlias = tuple[list[Problem], list[Problem]]

MOST_REMARKS = 20
"""Of one file, that people are shown."""


@click.command("check", short_help="Report every problem of storyboards.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@json_option
@config_dir_option
def command(files: tuple[str, ...], as_json: bool, config_dir: Path | None) -> None:
    """Report every problem of each FILE (a path, or the name of a storyboard) at once.

    Sounds, videos and LoRAs are opened too, as far as their headers: whether they are there, of the right kind, of
    shapes that go together, and as long as their shots (a warning). What depends on the family of models, on weights
    and on this machine, `wanflow plan` says. Exit code 0: no problem; 2: at least one.

    \b
    Examples:
      wanflow check storyboards/my_film.yaml
      wanflow check storyboards/*.yaml --json
    """
    from flows.config import compose
    from flows.garbage import without_garbage_collection

    settings = compose((), config_dir).settings
    with without_garbage_collection():
        findings = {file: _findings(file, settings) for file in files}
    if as_json:
        _print_json(findings)
    else:
        _print(findings)
    if any(wrong for wrong, _ in findings.values()):
        raise click.exceptions.Exit(2)


def _findings(file: str, settings: Settings) -> Findings:
    """Problems, and remarks, of the language first, then of the files it names and of what is asked of them."""
    from flows.resources import storyboard_folders
    from flows.storyboard import read_storyboard

    storyboard, problems = read_storyboard(file, roots=settings.assets.roots, search=storyboard_folders())
    if storyboard is None or not storyboard.shots:
        return problems.sorted(), []
    from flows.planning.check import storyboard_findings
    from flows.resolve import look_at_headers

    wrong, remarks = storyboard_findings(storyboard, settings, look_at_headers(storyboard), problems.shots)
    problems.extend(wrong)
    return problems.sorted(), [problems.with_line(remark) for remark in remarks]


def _print(findings: dict[str, Findings]) -> None:
    from flows.cli.outcome import problem_lines

    for file, (problems, remarks) in findings.items():
        for line in [*problem_lines(problems), *(f"warning: {remark}" for remark in remarks[:MOST_REMARKS])]:
            click.echo(line, err=True)
        if len(remarks) > MOST_REMARKS:
            click.echo(f"and {len(remarks) - MOST_REMARKS:,} more warnings; --json has them all", err=True)
        if not problems:
            click.echo(f"{file}: no problems")
    wrong = [problems for problems, _ in findings.values() if problems]
    if wrong:
        total = count(sum(map(len, wrong)), "problem")
        click.echo(f"{total} in {len(wrong)} of {count(len(findings), 'file')}", err=True)


def _print_json(findings: dict[str, Findings]) -> None:
    from flows.cli.document import envelope, print_document
    from flows.cli.problems import WARNING, of_problem

    problems: list[ProblemForm] = []
    for file, (wrong, remarks) in findings.items():
        own = [of_problem(problem, "storyboard") for problem in wrong]
        own += [of_problem(remark, WARNING, "warning") for remark in remarks]
        problems += [{**problem, "file": problem["file"] or file} for problem in own]
    code = 2 if any(wrong for wrong, _ in findings.values()) else 0
    document: CheckDocument = {
        **envelope("check", code, problems),
        "files": [
            {"file": file, "errors": len(wrong), "warnings": len(remarks)}
            for file, (wrong, remarks) in findings.items()
        ],
    }
    print_document(document)
