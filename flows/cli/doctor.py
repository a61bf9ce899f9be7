"""`wanflow doctor`: whether this machine can make films, and what the configuration says."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import get_args

import click

from flows.cli.options import config_dir_option, json_option, overrides_argument, print_json
from flows.cli.words import count, size_of
from flows.errors import FlowsError
from flows.settings import Settings
from wan.errors import WanError

SPACE_WANTED = 2e9
"""Bytes that a film with real weights fills quickly."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look at the machine found. `fix` is set when it is not as it should be."""

    name: str
    found: str
    fix: str | None = None


@click.command("doctor", short_help="Check this machine and show the configuration.")
@overrides_argument
@click.option("--config", "show_config", is_flag=True, help="List every configuration key with its value instead.")
@json_option
@config_dir_option
def command(overrides: tuple[str, ...], show_config: bool, as_json: bool, config_dir: Path | None) -> None:
    """Check what a render needs: Python, torch and GPUs, ffmpeg, the store, model families.

    Exit code 0: all there; 2: something is missing.

    \b
    Examples:
      wanflow doctor
      wanflow doctor model=wan22 model.root=/weights
      wanflow doctor --config render=draft
    """
    from flows.config import compose

    settings = compose(overrides, config_dir).settings
    if show_config:
        _print_config(dict(values(settings)), as_json)
        return
    findings = list(examine(settings))
    if as_json:
        print_json([{"name": each.name, "found": each.found, "fix": each.fix} for each in findings])
    else:
        _print(findings)
    if any(finding.fix for finding in findings):
        raise click.exceptions.Exit(2)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every look, in order."""
    looks: Mapping[str, Callable[[Settings], str]] = {
        "python": lambda _: platform.python_version(),
        "packages": lambda _: ", ".join(f"{name} {version(name)}" for name in ("ray", "prefect", "diffusers")),
        "torch": _torch,
        "imports": _imports,
        "ffmpeg": _ffmpeg,
        "store": _store,
        "outputs": lambda settings: _writable(settings.film.outputs.absolute()),
        "model": _model,
        "memory": _memory,
    }
    for name, look in looks.items():
        try:
            yield Finding(name, look(settings))
        except (FlowsError, WanError, OSError, ImportError) as error:
            yield Finding(name, "not as it should be", str(error))


def _torch(settings: Settings) -> str:
    import torch

    gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    cores = count(os.cpu_count() or 1, "core")
    if settings.render.device == "cuda" and not gpus:
        raise OSError("render.device=cuda, but torch sees no GPU: install a CUDA build, or set render.device=auto")
    return f"{torch.__version__}, {', '.join(gpus) or 'no GPU'}, {cores}"


def _imports(settings: Settings) -> str:
    from wan.mixup import check_import_path

    check_import_path()
    return f"wan and flows from {Path(__file__).parents[2]}"


def _ffmpeg(settings: Settings) -> str:
    from flows.edit.process import ffmpeg_version, find_ffmpeg

    binary = find_ffmpeg(settings.film)
    return f"{ffmpeg_version(binary)} ({binary})"


def _store(settings: Settings) -> str:
    from flows.store import default_store_path

    return _writable(settings.store.path or default_store_path())


def _writable(folder: Path) -> str:
    """Try it in the nearest folder that exists, so that looking leaves nothing behind."""
    at = next(parent for parent in (folder, *folder.parents) if parent.exists())
    with tempfile.TemporaryFile(dir=at):
        free = shutil.disk_usage(at).free
    if free < SPACE_WANTED:
        raise OSError(f"{folder}: only {size_of(free)} free; make room, or choose another place")
    return f"{folder}, {size_of(free)} free"


def _model(settings: Settings) -> str:
    from wan.checkpoint import Checkpoint
    from wan.families import FAMILIES

    family = FAMILIES[settings.model.family]
    for variant in family.roles:
        Checkpoint.open(family, variant, settings.model.root)
    return f"{family.name}: {', '.join(family.roles)}"


def _memory(settings: Settings) -> str:
    """Which placement each released variant would get on this GPU and host."""
    import torch

    from flows.cluster.placement import host_bytes
    from wan.placement.budget import table
    from wan.request import Precision

    precisions: tuple[Precision, ...] = get_args(Precision)
    precision = next((name for name in precisions if name == settings.render.precision), precisions[2])
    host = host_bytes()
    if not torch.cuda.is_available():
        return f"no GPU, {size_of(host)} of host memory: the tiny family renders here, full size does not"
    device = torch.cuda.get_device_properties(0).total_memory
    fits = [
        f"{job.variant} {job.width}x{job.height}: {placement or 'does not fit'}"
        for job, placement in table(device, host, precision)
    ]
    return "\n    ".join([f"{size_of(device)} on the GPU, {size_of(host)} on the host, {precision}", *fits])


def values(settings: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every dotted key with its value."""
    assert is_dataclass(settings)
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            yield from values(value, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _print_config(tree: Mapping[str, object], as_json: bool) -> None:
    if as_json:
        print_json(tree)
        return
    for key, value in tree.items():
        click.echo(f"{key:<28} {'null' if value is None else value}")


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        mark = click.style("no ", fg="red") if finding.fix else click.style("ok ", fg="green")
        click.echo(f"{mark} {finding.name:<9} {finding.fix or finding.found}")
