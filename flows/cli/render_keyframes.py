"""`wanflow render --keyframes`: the pictures that shots are held to, to be looked at before the shots are rendered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from flows.cli.forms.render import KeyframeForm
    from flows.film.keyframes import Keyframe, Keyframes
    from flows.film.making import Making
    from flows.film.result import FilmResult
    from flows.planning.model import Plan


def render_keyframes(plan: Plan, again: str, only: Sequence[str], said: Literal["words", "document", "events"]) -> None:
    """Render them, and say where they lie. `again` is the command that renders the film. Raises as `make_keyframes`."""
    from flows.cli.render import termination_as_interrupt
    from flows.film.keyframes import make_keyframes

    with termination_as_interrupt():
        if said == "words":
            _tell(plan, make_keyframes(plan, _with_progress, only), again)
        else:
            _for_programs(plan, only, events=said == "events")


def _for_programs(plan: Plan, only: Sequence[str], *, events: bool) -> None:
    from flows.cli.document import print_document
    from flows.cli.events import printer
    from flows.cli.render import document_of, warn
    from flows.cli.streams import stdout_alone
    from flows.film.keyframes import make_keyframes
    from flows.runs import run_film

    with stdout_alone() as stdout:
        tell = printer(plan, stdout) if events else warn

        def render(stills: Plan, *, instead: Callable[[Making], None]) -> FilmResult:
            return run_film(stills, on_event=tell, instead=instead)

        made = make_keyframes(plan, render, only)
    forms = [_form(each) for each in made.keyframes]
    document = document_of(plan, made.result, keyframes=forms)
    document["report"] = str(made.sheet) if made.sheet is not None else None
    print_document(document, line=events)


def _form(keyframe: Keyframe) -> KeyframeForm:
    return {
        "shot": keyframe.shot,
        "ends": keyframe.ends,
        "picture": str(keyframe.picture),
        "given": keyframe.given,
        "seed": keyframe.seed,
    }


def _with_progress(plan: Plan, *, instead: Callable[[Making], None]) -> FilmResult:
    from flows.cli.render_review import with_progress

    return with_progress(plan, instead=instead)


def _tell(plan: Plan, made: Keyframes, again: str) -> None:
    from flows.cli.render import shown_path
    from flows.words import count, duration

    click.echo(f"\n{plan.title}: {count(len(made.keyframes), 'keyframe')}")
    for each in made.keyframes:
        click.echo(f"{'given' if each.given else 'rendered':9} {shown_path(each.picture)}  {_words(each)}")
    if made.sheet is not None:
        click.echo(f"{'sheet':9} {shown_path(made.sheet)}")
    if made.sheet is not None:
        took = f"{count(made.result.rendered, 'still')} rendered, {made.result.cached:,} from the store"
        click.echo(f"{took}, in {duration(made.result.seconds)}")
    click.echo(f"\nNext: {again}    renders the shots between them")
    drawn = next(((each.shot, each.seed) for each in made.keyframes if each.seed is not None), None)
    if drawn is not None:
        shot, seed = drawn
        click.echo(f"      {again} --keyframes storyboard.shots.{shot}.seed={seed + 1}    draws another one")
        name = shot.rpartition(".")[2]
        click.echo(f"      a picture of your own: image: FILE in the shot {name}, beside the storyboard")


def _words(keyframe: Keyframe) -> str:
    begins = f"{keyframe.shot} begins with it"
    return begins if keyframe.ends is None else f"{keyframe.ends} ends on it, {begins}"
