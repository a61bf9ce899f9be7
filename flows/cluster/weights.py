"""The checkpoints that a renderer's spec means on this machine, and whether a pool has those that a film was planned
with. No torch, and nothing is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flows.cluster.renderers import RendererSpec
from flows.errors import EnvironmentProblem
from wan.errors import CheckpointError
from wan.families import FAMILIES
from wan.weights.checkpoint import Checkpoint


def checkpoint_of(spec: RendererSpec, variant: str) -> Checkpoint | None:
    """What fills the variant in the spec's family; None of a renderer that has no checkpoints. Raises CheckpointError
    when it is not here."""
    family, root = spec.options.get("family"), spec.options.get("root")
    if not isinstance(family, str) or family not in FAMILIES:
        return None
    return Checkpoint.open(FAMILIES[family], variant, Path(str(root)) if root else None)


def weights_of(spec: RendererSpec, variant: str) -> tuple[Path, ...]:
    """The files that are read to load the variant, in about the order in which they are; none if that is not known."""
    try:
        checkpoint = checkpoint_of(spec, variant)
    except CheckpointError:
        return ()  # whoever loads it says so
    return () if checkpoint is None else checkpoint.weights


def known_revision(spec: RendererSpec, variant: str) -> str | None:
    """The revision of what fills the variant here, "" where nothing does; None if that is not known without reading all
    of its weights, or the renderer has no checkpoints."""
    try:
        checkpoint = checkpoint_of(spec, variant)
        return None if checkpoint is None else checkpoint.known_revision
    except CheckpointError:
        return ""


def check_checkpoints(
    pool: str, planned: Mapping[str, str], found: Mapping[str, Mapping[str, str | None]], spec: RendererSpec
) -> None:
    """Raises EnvironmentProblem when no machine of the pool can have what a film was planned with: `planned` is the
    revision by variant, `found` the same of each machine, by its name (`known_revision`). A machine of which it is not
    known may have it, and one that has it is enough."""
    wrong = [
        variant
        for variant, revision in planned.items()
        if found and all(has.get(variant) not in (None, revision) for has in found.values())
    ]
    if not wrong:
        return
    lines = []
    for variant in wrong:
        places: dict[str, list[str]] = {}
        for machine, has in found.items():
            places.setdefault(has[variant] or "", []).append(machine)
        there = "; ".join(
            f"{revision[:12] if revision else 'none'} on {', '.join(sorted(machines))}"
            for revision, machines in sorted(places.items())
        )
        lines.append(f"    {variant}: {planned[variant][:12]} here ({_folder(spec, variant)}), {there}")
    raise EnvironmentProblem(
        "\n".join([f"the pool {pool} has other checkpoints than this film was planned with:", *lines])
        + f"\n    give all machines the same files: wanflow models pull {' '.join(wrong)}, there or here"
    )


def _folder(spec: RendererSpec, variant: str) -> str:
    try:
        checkpoint = checkpoint_of(spec, variant)
    except CheckpointError:
        checkpoint = None
    return "not here any more" if checkpoint is None else str(checkpoint.folder)
