"""The doctor's looks at models: checkpoints, LoRAs and detectors of the family, and who extends prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from flows.cli.doctor_page import Finding
from flows.errors import FlowsError
from flows.settings import PromptSettings, Settings
from flows.words import count, size_of
from wan.errors import CheckpointError, ModelUnavailable, NoCheckpoint
from wan.families import FAMILIES, Family
from wan.hub.catalog import CATALOG
from wan.system.host import memory_bytes
from wan.variants import VARIANTS
from wan.weights.places import models_home, pulled

_ROOM = 1.15
"""A prompt model takes this times its weights: pictures and answers are little beside them."""


def models(settings: Settings) -> Iterator[Finding]:
    """Every checkpoint of the family, and what goes with it; missing ones with the command that fetches them."""
    family, root = FAMILIES[settings.model.family], settings.model.root
    if root is not None and not root.is_dir():
        yield Finding(
            "Models", "root", "bad", f"model.root={root} is no folder", "name the folder that holds the models"
        )
        return
    roles = list(_roles(family, root))
    yield from roles if family.root is not None else _needed_by_some(family, root, roles)
    yield from _loras(family, settings)
    follows_motion = any("motion" in VARIANTS[name].needs for name in family.roles)
    if follows_motion and family.root is None:
        yield from _preparing(root)


def _needed_by_some(family: Family, root: Path | None, roles: Sequence[Finding]) -> Iterator[Finding]:
    """A film needs the models that its shots are rendered with, not all: a missing one is a remark, all are a fault."""
    if all(finding.state == "bad" for finding in roles):
        fix = "pull those that your shots are rendered with; wanflow plan STORYBOARD names them"
        yield Finding("Models", family.name, "bad", f"none of its models is here, neither in {_places(root)}", fix)
    for finding in roles:
        yield replace(finding, state="note" if finding.state == "bad" else finding.state)


def _places(root: Path | None) -> str:
    homes = dict.fromkeys((root, models_home()))
    return " nor in ".join([*(str(home) for home in homes if home), "the Hugging Face cache"])


def _roles(family: Family, root: Path | None) -> Iterator[Finding]:
    from wan.weights.checkpoint import Checkpoint

    for variant in family.roles:
        try:
            folder = Checkpoint.open(family, variant, root).folder
            yield Finding("Models", variant, "good", str(folder))
        except NoCheckpoint as error:
            model = CATALOG.get(variant)
            if model is None:
                yield Finding("Models", variant, "bad", str(error))
                continue
            fix = f"wanflow models pull {variant}" + (f" --root {root}" if root else "") + f" ({size_of(model.size)})"
            yield Finding("Models", variant, "bad", "not here", fix)
        except CheckpointError as error:
            yield Finding("Models", variant, "bad", str(error), f"wanflow models verify {variant}")


def _loras(family: Family, settings: Settings) -> Iterator[Finding]:
    from flows.resolve.loras import file_of_family

    own = dict.fromkeys(lora for role in family.roles.values() for lora in role.loras)
    for model in dict.fromkeys(lora.model for lora in own):
        wanted = [lora for lora in own if lora.model == model]
        missing = [lora.file for lora in wanted if file_of_family(lora, settings.model) is None]
        if missing:
            fix = f"wanflow models pull {model} ({size_of(CATALOG[model].size)})"
            yield Finding("Models", model, "bad", f"lacks {', '.join(missing)}", fix)
        else:
            yield Finding("Models", model, "good", count(len(wanted), "LoRA"))


def _preparing(root: Path | None) -> Iterator[Finding]:
    """What makes a pose out of a plain driving video: films without one need none of it."""
    from flows.resolve.motion import MASKS, POSES

    uses = {
        POSES: "reads poses in driving videos (motion.video)",
        MASKS: "finds the person that motion.mode=replace replaces",
        "animate-relighting": "keeps the light of the picture in motion.mode=replace",
    }
    for name, use in uses.items():
        folder = (pulled(name, root) if root is not None else None) or pulled(name)
        if folder is not None:
            yield Finding("Models", name, "good", str(folder))
        else:
            fix = f"wanflow models pull {name} ({size_of(CATALOG[name].size)})"
            yield Finding("Models", name, "note", f"not here; it {use}", fix)


def prompts(settings: Settings) -> Iterator[Finding]:
    """Who extends prompts, whether they are there, and whether they fit."""
    chosen = settings.prompts
    if chosen.extend == "off":
        yield Finding("Prompts", "prompts", "good", "off: prompts are rendered as they are written")
    elif chosen.extend == "local":
        yield _local(chosen.model, settings.render.device)
    else:
        yield _endpoint(chosen)


def _local(model: str, device: str) -> Finding:
    from wan.prompts.look import look_at_local, way_to

    try:
        weights = look_at_local(model)
    except (ModelUnavailable, CheckpointError) as error:
        fix = ", or ".join(way for way in (way_to(model), "prompts.model=FOLDER") if way)
        return Finding("Prompts", "prompts", "bad", str(error), f"{fix} with a model in transformers' layout")
    where, room = _room(device)
    what = f"{weights.folder}, {size_of(weights.nbytes)}, {'sees pictures' if weights.sees else 'words only'}"
    if weights.nbytes * _ROOM > room:
        fix = "a smaller model (prompts.model=), or an endpoint (prompts=api)"
        return Finding("Prompts", "prompts", "bad", f"{what}: does not fit into {size_of(room)} of {where}", fix)
    return Finding("Prompts", "prompts", "good", f"{what}, fits into {size_of(room)} of {where}")


def _room(device: str) -> tuple[str, float]:
    import torch

    if device != "cpu" and torch.cuda.is_available():
        return "GPU memory", float(torch.cuda.get_device_properties(0).total_memory)
    return "memory", float(memory_bytes())


def _endpoint(chosen: PromptSettings) -> Finding:
    from flows.resolve.extend_ask import api_key
    from wan.prompts.look import look_at_endpoint

    try:
        listed = look_at_endpoint(chosen.base_url, api_key(chosen))
    except FlowsError as error:
        return Finding("Prompts", "prompts", "bad", str(error))
    except ModelUnavailable as error:
        fix = "prompts.base_url=https://HOST/v1 names the endpoint, prompts.api_key_env=NAME the variable with its key"
        return Finding("Prompts", "prompts", "bad", f"{chosen.base_url}: {error}", fix)
    if listed and chosen.model not in listed:
        some = ", ".join(listed[:4])
        return Finding(
            "Prompts",
            "prompts",
            "note",
            f"{chosen.base_url} answers, without {chosen.model}",
            f"prompts.model= one of {some}",
        )
    return Finding("Prompts", "prompts", "good", f"{chosen.base_url} answers, {chosen.model}")
