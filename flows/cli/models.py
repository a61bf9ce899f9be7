"""`wanflow models`: the families of checkpoints, and whether they are here."""

from __future__ import annotations

from pathlib import Path

import click

from flows.cli.options import json_option, print_json
from flows.errors import UserError
from wan.families import FAMILIES, Family, Role
from wan.variants import VARIANTS

root_option = click.option(
    "--root", type=click.Path(path_type=Path), help="Where the checkpoints lie, as in model.root=."
)


@click.group("models", short_help="List model families and where their checkpoints are.")
def command() -> None:
    """The families of checkpoints: model=FAMILY chooses one.

    \b
    Examples:
      wanflow models list
      wanflow models info wan22 --root /weights
    """


@command.command("list")
@json_option
def list_families(as_json: bool) -> None:
    """Every family, and how many of its checkpoints are here.

    \b
    Example:
      wanflow models list
    """
    rows = {name: _roles(family, None) for name, family in FAMILIES.items()}
    if as_json:
        print_json(rows)
        return
    for name, roles in rows.items():
        here = sum(role["found"] is not None for role in roles)
        click.echo(f"{name:<12} {here} of {len(roles)} checkpoints here: {', '.join(str(r['variant']) for r in roles)}")
    click.echo("\nMore: wanflow models info FAMILY")


@command.command("info")
@click.argument("family")
@root_option
@json_option
def info(family: str, root: Path | None, as_json: bool) -> None:
    """What each checkpoint of FAMILY renders, and where it is.

    \b
    Example:
      wanflow models info tiny
    """
    if family not in FAMILIES:
        raise UserError(f"{family}: is not a family of checkpoints; there are {', '.join(FAMILIES)}")
    roles = _roles(FAMILIES[family], root)
    if as_json:
        print_json({"family": family, "precision": FAMILIES[family].precision, "roles": roles})
        return
    click.echo(f"{family}, computed in {FAMILIES[family].precision}")
    for role in roles:
        click.echo(f"\n{role['variant']}")
        click.echo(f"  renders   {role['size']}, {role['num_frames']} frames at {role['fps']:g} a second")
        click.echo(f"  sampling  {role['sampling']}")
        click.echo(f"  here      {role['found'] or 'no: ' + str(role['missing'])}")


def _roles(family: Family, root: Path | None) -> list[dict[str, object]]:
    return [_role(family, role, root) for role in family.roles.values()]


def _role(family: Family, role: Role, root: Path | None) -> dict[str, object]:
    from wan.checkpoint import Checkpoint
    from wan.errors import CheckpointError

    variant = VARIANTS[role.variant]
    sampling = role.sampling or variant.sampling
    width, height = role.size or variant.size
    found, missing = None, None
    try:
        found = str(Checkpoint.open(family, role.variant, root).folder)
    except CheckpointError as error:
        missing = str(error)
    guidance = sampling.guidance_scale
    return {
        "variant": role.variant,
        "size": f"{width}x{height}",
        "num_frames": role.num_frames or variant.num_frames,
        "fps": role.fps or variant.fps,
        "sampling": f"{sampling.num_inference_steps} steps of {sampling.solver}, shift {sampling.flow_shift:g}, "
        f"guidance {guidance.high:g} high and {guidance.low:g} low",
        "repo": role.repo,
        "found": found,
        "missing": missing,
    }
