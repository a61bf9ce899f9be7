"""`wanflow export`: shots for other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import config_dir_option, overrides_argument, storyboard_argument

if TYPE_CHECKING:
    from flows.export import Workflow


@click.group("export", short_help="Write shots for other programs.")
def command() -> None:
    """Write shots for other programs.

    \b
    Example:
      wanflow export comfyui river.drift paper_boat -o drift.json model=wan22
    """


@command.command("comfyui", short_help="A shot as a ComfyUI workflow.")
@click.argument("shot")
@storyboard_argument
@overrides_argument
@click.option("--output", "-o", type=click.Path(path_type=Path), help="The file to write (default: SHOT.json).")
@click.option(
    "--take", type=click.IntRange(min=1), help="Which take, from 1 (default: the one that was chosen, else 1)."
)
@config_dir_option
def comfyui(
    shot: str,
    storyboard: str,
    overrides: tuple[str, ...],
    output: Path | None,
    take: int | None,
    config_dir: Path | None,
) -> None:
    """Write SHOT of STORYBOARD as a workflow of ComfyUI's native WAN 2.2 nodes, in the form its API takes.

    Seeds, steps, guidance, sizes and prompts are those of the plan. What to put into ComfyUI's folders, and what it
    computes otherwise than wanflow, is printed and kept in the file (docs/comfyui.md). Needs no checkpoint here.

    \b
    Examples:
      wanflow export comfyui river.drift paper_boat -o drift.json model=wan22
      wanflow export comfyui launch storyboards/my_film.yaml --take 2 model=wan22
    """
    from flows.api import load, plan
    from flows.errors import EnvironmentProblem
    from flows.export import export_shot

    planned = plan(load(storyboard, overrides, config_dir=config_dir), weights=False)
    made = export_shot(planned, shot, take)
    place = output or Path(f"{shot}.json")
    try:
        place.write_text(json.dumps(made.nodes, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise EnvironmentProblem(f"{place} cannot be written: {error.strerror}") from error
    _say(place, made)


def _say(place: Path, made: Workflow) -> None:
    click.echo(f'{place}: {len(made.nodes)} nodes; send it as {{"prompt": …}} to ComfyUI\'s /prompt')
    for name, source in made.files.items():
        click.echo(f"    into its input folder: {name}" + (f" (from {source})" if source else " (to be made)"))
    for note in made.notes:
        click.echo(f"    {note}")
