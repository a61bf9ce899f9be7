"""`wanflow fetch`: the film of a run, written here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import config_dir_option, json_option

if TYPE_CHECKING:
    from flows.cli.forms.envelope import ProblemForm
    from flows.cli.forms.submit import FetchDocument
    from flows.errors import RenderError
    from flows.runs.rest import Rest

MOST_SHOWN = 12
"""Files that are named one by one."""


@click.command("fetch", short_help="Wait for a submitted film, and write it here.")
@click.argument("run")
@click.argument("overrides", nargs=-1, metavar="[OVERRIDE]...")
@json_option
@config_dir_option
def command(run: str, overrides: tuple[str, ...], as_json: bool, config_dir: Path | None) -> None:
    """Wait for the film of a RUN (its id, as `wanflow submit` prints it), and write it to outputs/TITLE/, with its
    report; of a batch all films that could be made, with manifest and page, to outputs/BATCH/. Ctrl-C ends the waiting,
    not the film. Exit codes are those of `wanflow render`.

    \b
    Examples:
      wanflow fetch 0198c2f5-6c44-7d0a-9f3e-5b2f4c1d7e88
      wanflow fetch 0198c2f5-6c44-7d0a-9f3e-5b2f4c1d7e88 film.outputs=/media/films
    """
    from flows.config import compose
    from flows.runs.submitting import reached

    outputs = compose(overrides, config_dir).settings.film.outputs
    with reached() as rest:
        document = fetch(rest, run, outputs, quiet=as_json)
    show(document, as_json=as_json)


def fetch(rest: Rest, run: str, outputs: Path, *, quiet: bool) -> FetchDocument:
    """Wait, and write what was made below `outputs`: of a batch of which films are missing, the others. Raises what a
    film has failed with."""
    from flows.batch.sending import check_place
    from flows.cli.document import envelope, warnings
    from flows.cli.outcome import say
    from flows.errors import RenderError, UserError
    from flows.runs.served import run_url
    from flows.runs.watching import look_up, watch
    from flows.store import open_store
    from flows.submission import film_files, write_film

    found = look_up(rest, run)
    url = run_url(rest.url, run)
    partly: RenderError | None = None
    try:
        for seen in watch(rest, run):
            if not quiet:
                say(f"{found.title}: {seen.state}{f', {seen.fraction:.0%}' if seen.fraction else ''}")
    except RenderError as error:
        partly = error
    except KeyboardInterrupt:
        say(f"the film is made all the same; wait for it again: wanflow fetch {run}\n    or cancel it: {url}")
        raise
    store = open_store(found.store)
    made = film_files(store, run)
    if made is None and partly is not None:
        raise partly
    if made is None:
        raise UserError(
            f"the film of this run was not made of a storyboard that was sent; it lies where it was made: {url}"
        )
    check_place(made, outputs)
    paths = write_film(store, made, outputs, say)
    return {
        **envelope("fetch", 1 if partly else 0, [*_lost(partly), *warnings(made.warnings)]),
        "title": found.title,
        "run": run,
        "run_url": url,
        "files": [str(path) for path in paths],
        "rendered": made.rendered,
        "cached": made.cached,
        "seconds": round(made.seconds, 3),
        "warnings": list(made.warnings),
    }


def show(document: FetchDocument, *, as_json: bool) -> None:
    """For people, or for programs."""
    from flows.cli.document import print_document

    if as_json:
        print_document(document)
    else:
        _print(document)
    if document["exit_code"]:
        raise click.exceptions.Exit(document["exit_code"])


def _print(document: FetchDocument) -> None:
    from flows.cli.outcome import say
    from flows.cli.render import shown_path
    from flows.words import count, duration

    paths = [Path(path) for path in document["files"]]
    for path in paths if len(paths) <= MOST_SHOWN else paths[:1]:
        click.echo(shown_path(path))
    if len(paths) > MOST_SHOWN:
        click.echo(f"and {count(len(paths) - 1, 'more file')} in {shown_path(paths[0].parent)}")
    took = f"{count(document['rendered'], 'take')} rendered, {document['cached']:,} from the store"
    click.echo(f"{took}, in {duration(document['seconds'])}")
    for problem in document["problems"]:
        if problem["severity"] == "error":
            say(f"error: {problem['message']}")


def _lost(error: RenderError | None) -> list[ProblemForm]:
    from flows.cli.problems import problems_of

    return problems_of(error) if error is not None else []
