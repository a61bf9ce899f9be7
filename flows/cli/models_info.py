"""`wanflow models info`: what a model, a family, a folder or a file of weights is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from flows.cli.options import json_option, root_option
from flows.errors import UserError
from flows.words import size_of
from wan.families import FAMILIES, Family, Role
from wan.hub.catalog import CATALOG
from wan.system.files import without_tilde
from wan.system.suggest import did_you_mean
from wan.variants import VARIANTS
from wan.variants.published import Model
from wan.weights.layout import PICKLES
from wan.weights.places import pulled

if TYPE_CHECKING:
    from flows.cli.forms.models import FamilyForm, ListedModel, LoraFactsForm, ModelsInfoDocument, RoleForm, WeightsForm
    from wan.hub.info import Description
    from wan.lora.info import LoraFacts


@click.command("info", short_help="What a model, a family, a folder or a file is.")
@click.argument("what", metavar="NAME|FAMILY|PATH")
@root_option
@json_option
def command(what: str, root: Path | None, as_json: bool) -> None:
    """What a model of the catalog, a family (model=FAMILY), a folder or a file of weights is.

    Of weights only the headers are read, so it is quick for any size.

    \b
    Examples:
      wanflow models info tiny
      wanflow models info t2v-a14b
      wanflow models info /weights/wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors
    """
    path = without_tilde(Path(what))
    if what in FAMILIES:
        _family(FAMILIES[what], root, as_json)
    elif what in CATALOG:
        _model(CATALOG[what], root, as_json)
    elif path.exists():
        _path(path, as_json)
    elif path.suffix or path.parent != Path():
        raise UserError(f"{path}: there is no such file or folder")
    else:
        _unknown(what)


def _unknown(what: str) -> NoReturn:
    names = [*FAMILIES, *CATALOG]
    hint = did_you_mean(what, names)
    hint = f" {hint}" if hint else ""
    raise UserError(
        f"{what}: is no file, family or model;{hint} there are {', '.join(FAMILIES)} and what wanflow models list shows"
    )


def _model(model: Model, root: Path | None, as_json: bool) -> None:
    from wan.hub.info import describe

    folder = pulled(model.name, root)
    description = describe(folder) if folder else None
    if as_json:
        from flows.cli.models_list import row

        _print_json(model=row(model, root), weights=_description(description) if description else None)
        return
    click.echo(f"{model.name}: {model.purpose}")
    click.echo(f"  licence     {model.licence}")
    click.echo(f"  from        {model.huggingface} (Hugging Face), {model.modelscope or 'not known'} (ModelScope)")
    click.echo(f"  commit      {model.commit or 'not known: the newest on the day of the pull'}")
    click.echo(f"  size        about {size_of(model.size)}, {model.layout} layout")
    if description is None:
        click.echo(f"  here        no; wanflow models pull {model.name}")
    else:
        _print_description(description)


def _path(path: Path, as_json: bool) -> None:
    from wan.hub.info import describe

    if path.suffix in PICKLES and path.is_file():
        raise UserError(
            f"{path} is pickled; info reads only safetensors. wanflow models convert reads its weights safely"
        )
    description = describe(path)
    if as_json:
        _print_json(weights=_description(description))
    else:
        _print_description(description)


def _print_json(
    *, family: FamilyForm | None = None, model: ListedModel | None = None, weights: WeightsForm | None = None
) -> None:
    from flows.cli.document import envelope, print_document

    document: ModelsInfoDocument = {**envelope("models info"), "family": family, "model": model, "weights": weights}
    print_document(document)


def _lora(lora: LoraFacts) -> LoraFactsForm:
    return {
        "schemes": list(lora.schemes),
        "ranks": list(lora.ranks),
        "experts": list(lora.experts),
        "width": lora.width,
        "variants": list(lora.variants),
        "fits": list(lora.fits),
        "problem": lora.problem,
    }


def _description(description: Description) -> WeightsForm:
    manifest = description.manifest
    return {
        "path": str(description.path),
        "layout": description.layout,
        "variant": description.variant,
        "missing": list(description.missing),
        "parameters": description.parameters,
        "bytes": description.size,
        "licence": manifest.licence if manifest else None,
        "repo": manifest.repo if manifest else None,
        "commit": manifest.commit if manifest else None,
        "lora": _lora(description.lora) if description.lora else None,
        "parts": [
            {
                "name": part.name,
                "kind": part.kind,
                "parameters": part.parameters,
                "bytes": part.size,
                "dtypes": list(part.dtypes),
                "scaled": part.scaled,
            }
            for part in description.parts
        ],
    }


def _print_description(description: Description) -> None:
    click.echo(f"{description.path}")
    if description.lora is not None:
        _print_lora(description.lora)
    else:
        click.echo(f"  layout      {description.layout}; {description.variant or 'of no variant that is known'}")
    if description.missing:
        click.echo(f"  without     {', '.join(description.missing)}")
    parameters = (
        f"{description.parameters / 1e9:.3f} billion"
        if description.parameters >= 1e8
        else f"{description.parameters:,}"
    )
    click.echo(f"  parameters  {parameters} in {size_of(description.size)}")
    if description.manifest:
        manifest = description.manifest
        click.echo(f"  from        {manifest.repo} ({manifest.hub}), commit {manifest.commit or 'not said'}")
        click.echo(f"  licence     {manifest.licence}")
    for part in description.parts:
        kept = " and ".join(part.dtypes) + (", scaled" if part.scaled else "")
        click.echo(
            f"  {part.name:<18} {part.parameters / 1e6:>10,.1f} M  {kept:<16} {size_of(part.size):>8}  {part.kind}"
        )


def _print_lora(lora: LoraFacts) -> None:
    if lora.problem:
        click.echo(f"  layout      a LoRA that cannot be used: {lora.problem}")
        return
    ranks = f", rank {_ranks(lora.ranks)}" if lora.ranks else ""
    experts = f"; for the {' and the '.join(lora.experts)}-noise expert" + "s" * (len(lora.experts) - 1)
    click.echo(f"  layout      LoRA, {' and '.join(lora.schemes)}{ranks}{experts if lora.experts else ''}")
    if lora.width:
        like = f", as {lora.model}" if lora.model else ""
        click.echo(
            f"  made for    a model {lora.width:,} channels wide{like}: {', '.join(lora.variants) or 'not known'}"
        )
    click.echo(f"  fits        {', '.join(lora.fits) or 'no checkpoint that is here'}")


def _ranks(ranks: tuple[int, ...]) -> str:
    return f"{ranks[0]} to {ranks[-1]}" if len(ranks) > 1 else str(ranks[0])


def _family(family: Family, root: Path | None, as_json: bool) -> None:
    roles = [_role(family, role, root) for role in family.roles.values()]
    if as_json:
        _print_json(family={"name": family.name, "precision": family.precision, "roles": roles})
        return
    click.echo(f"{family.name}, computed in {family.precision}")
    for role in roles:
        click.echo(f"\n{role['variant']}")
        click.echo(f"  renders   {role['size']}, {role['num_frames']} frames at {role['fps']:g} a second")
        click.echo(f"  sampling  {role['sampling']}")
        click.echo(f"  here      {role['found'] or 'no: ' + str(role['missing'])}")
        for name, folder in _loras(family, role["variant"], root).items():
            click.echo(f"  LoRAs     {name}: {folder or 'not here; wanflow models pull ' + name}")


def _role(family: Family, role: Role, root: Path | None) -> RoleForm:
    from wan.errors import CheckpointError
    from wan.weights.checkpoint import Checkpoint

    variant = VARIANTS[role.variant]
    sampling = role.sampling or variant.sampling
    width, height = role.size or variant.size
    folder, missing = None, None
    try:
        folder = str(Checkpoint.open(family, role.variant, root).folder)
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
        "found": folder,
        "missing": missing,
        "loras": _loras(family, role.variant, root),
    }


def _loras(family: Family, variant: str, root: Path | None) -> dict[str, str | None]:
    """The models that a role's own LoRAs come from, and where they are if they are here."""
    folders = {lora.model: pulled(lora.model, root) or pulled(lora.model) for lora in family.roles[variant].loras}
    return {name: str(folder) if folder else None for name, folder in folders.items()}
