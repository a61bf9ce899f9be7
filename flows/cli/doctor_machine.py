"""The doctor's looks at the machine: programs, GPUs and their memory, folders, addresses."""

from __future__ import annotations

import platform
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from flows.cli.doctor_page import Finding, looked
from flows.errors import EnvironmentProblem
from flows.settings import Settings
from flows.store import ANOTHER, open_store
from flows.words import count, size_of
from wan.families import FAMILIES
from wan.request import Precision
from wan.system.host import cores, memory_bytes

SPACE_WANTED = 2e9
"""Bytes that a film with real weights fills quickly."""
_BF16_CAPABILITY = (8, 0)
_SECONDS = 2.0
_RAY_PORT = 6379
HOPPER = 9


def programs(settings: Settings) -> Iterator[Finding]:
    """Python, the packages that matter, whose `wan` is imported, ffmpeg."""
    from flows.edit.process import ffmpeg_version, find_ffmpeg

    def ffmpeg() -> str:
        binary = find_ffmpeg(settings.film)
        return f"{ffmpeg_version(binary)}, {binary}"

    names = ("torch", "diffusers", "transformers", "ray", "prefect")
    yield looked("Programs", "python", lambda: f"{platform.python_version()}, {platform.machine()}")
    yield looked("Programs", "packages", lambda: ", ".join(f"{name} {version(name)}" for name in names))
    yield looked("Programs", "imports", _imports)
    yield looked("Programs", "ffmpeg", ffmpeg)


def _imports() -> str:
    from wan.system.mixup import check_import_path

    check_import_path()
    return f"wan and flows from {Path(__file__).parents[2]}"


def compute(settings: Settings) -> Iterator[Finding]:
    """GPUs, host memory, and how each released variant would be placed in them."""
    host = memory_bytes()
    yield from _gpus(settings)
    yield from _gang(settings)
    yield from _attention(settings)
    yield Finding("Compute", "host", "good", f"{size_of(host)} of memory, {count(cores(), 'core')}")
    yield from _placements(settings)


def _gpus(settings: Settings) -> Iterator[Finding]:
    import torch

    number = torch.cuda.device_count() if torch.cuda.is_available() else 0
    for index in range(number):
        gpu = torch.cuda.get_device_properties(index)
        yield Finding("Compute", f"gpu {index}", "good", f"{gpu.name}, {size_of(gpu.total_memory)}, {_types(gpu)}")
    if number:
        return
    family = FAMILIES[settings.model.family]
    if settings.render.device == "cuda":
        found, fix = (
            "none that torch can use, and render.device=cuda asks for one",
            "render.device=auto, or torch for CUDA",
        )
        yield Finding("Compute", "gpu", "bad", found, fix)
    elif family.root is not None:
        found = f"none; {family.name} renders on the processor: {', '.join(family.roles)}"
        yield Finding("Compute", "gpu", "good", found)
    else:
        found = f"none: the models of {family.name} are too large for a processor"
        fix = "model=tiny renders here; or a cluster with GPUs: cluster=ray cluster.address=HOST:6379"
        yield Finding("Compute", "gpu", "note", found, fix)


def _gang(settings: Settings) -> Iterator[Finding]:
    """Whether the processes that render each clip together have a place on this machine."""
    import torch

    cluster = settings.cluster
    if cluster.members == 1 or cluster.address is not None:
        return
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    on_gpus = settings.render.device != "cpu" and gpus > 0
    here, what = (gpus, "GPU") if on_gpus else (int(cores() / cluster.cpus_per_worker + 1e-6), "CPU")
    found = f"{cluster.members} processes render each clip together, each on a {what} of its own"
    if here >= cluster.members:
        yield Finding("Compute", "gang", "good", found)
    else:
        fix = (
            f"cluster.{'gang' if cluster.gang else 'gpus_per_worker'}={max(here, 1)}, or a cluster with larger machines"
        )
        yield Finding("Compute", "gang", "bad", f"{found}: this machine has room for {here}", fix)


def _attention(settings: Settings) -> Iterator[Finding]:
    """Which kernel a released model's attention would be computed with, and which one would be quicker."""
    import torch

    from wan.model.attention import AUTO, CUDNN
    from wan.model.exact_attention import kernel_in

    if not torch.cuda.is_available():
        return
    named, precision = settings.render.attention, precision_of(settings)
    kernel = kernel_in(precision, torch.device("cuda", 0)) if named == AUTO else named
    hopper = torch.cuda.get_device_capability(0)[0] == HOPPER
    if kernel == CUDNN and hopper and named == AUTO and precision not in ("fp32", "bf16"):
        fix = "pip install 'wanflow[hopper]': FlashAttention-3 takes a tenth less time for a step, as exactly"
        yield Finding("Compute", "attention", "note", f"{kernel}; FlashAttention-3 is not installed", fix)
    else:
        yield Finding("Compute", "attention", "good", kernel)


def _types(gpu: object) -> str:
    """What it computes with, by name."""
    from flows.resolve.machine import FP8_CAPABILITY

    capability = (getattr(gpu, "major", 0), getattr(gpu, "minor", 0))
    able = {"bf16": capability >= _BF16_CAPABILITY, "fp8": capability >= FP8_CAPABILITY}
    return ", ".join(f"{name} {'yes' if can else 'no'}" for name, can in able.items())


def _placements(settings: Settings) -> Iterator[Finding]:
    """One line a variant and size, with the precision that would be used, in the memory that one worker has."""
    import torch

    from flows.cluster.placement import room_of_worker
    from wan.placement.budget import table

    family = FAMILIES[settings.model.family]
    if not torch.cuda.is_available() or family.root is not None:
        return
    precision = precision_of(settings)
    cluster = settings.cluster
    room = room_of_worker(
        torch.device("cuda", 0),
        threads=max(1, int(cluster.cpus_per_worker)),
        gpu_share=min(cluster.gpus_per_worker, 1.0) or 1.0,
        workers=cluster.max_workers * cluster.members,
    )
    render = settings.render
    fits = table(room.device, room.host, precision, compiled=render.compile, tiled=render.vae_tiling)
    for job, placement in fits:
        if job.variant not in family.roles:
            continue
        name = f"{job.variant} {job.width}x{job.height}"
        if placement is not None:
            yield Finding("Compute", name, "good", f"{placement}, {precision}")
        else:
            fix = f"a smaller size, {'' if job.tiled else 'render.vae_tiling=true, '}or render.precision=fp8_storage"
            yield Finding("Compute", name, "note", f"does not fit in {precision}", fix)


def precision_of(settings: Settings) -> Precision:
    """The one that is set, else the family's own."""
    named: dict[str, Precision] = {name: name for name in get_args(Precision)}
    return named.get(settings.render.precision or "", FAMILIES[settings.model.family].precision)


def folders(settings: Settings) -> Iterator[Finding]:
    """Where films and their parts are kept."""
    from flows.config import is_of_others
    from flows.resources import working_folder

    if is_of_others(conf := working_folder() / "conf"):
        passed_over = f"{conf} is another project's, and is passed over"
        yield Finding("Folders", "conf", "note", passed_over, "--config-dir FOLDER names one for wanflow")
    outputs = settings.film.outputs.absolute()
    yield looked("Folders", "store", lambda: _store(settings), f"{ANOTHER} names another place")
    yield looked(
        "Folders", "outputs", lambda: _writable(outputs, "film.outputs"), "film.outputs=FOLDER names another place"
    )


def _store(settings: Settings) -> str:
    store = open_store(settings.store.address)
    if store.folder is not None:
        return _writable(store.folder, "store.address")
    store.check(writing=True)
    return f"{store.address} answers, and can be written to"


def _writable(folder: Path, key: str) -> str:
    """Try it in the nearest folder that exists, so that looking leaves nothing behind."""
    from flows.film.folder import check_links

    check_links(folder, key)
    at = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=at):
            free = shutil.disk_usage(at).free
    except OSError as error:
        raise EnvironmentProblem(f"{folder}: cannot be written ({error.strerror})") from error
    if free < SPACE_WANTED:
        raise EnvironmentProblem(f"{folder}: only {size_of(free)} free")
    return f"{folder}, {size_of(free)} free"


def addresses(settings: Settings) -> Iterator[Finding]:
    """Who is talked to: Prefect's server, a Ray cluster."""
    yield _prefect()
    cluster = settings.cluster.address
    if cluster is None:
        yield Finding("Addresses", "ray", "good", "started for each render on this machine")
    elif cluster == "auto":
        yield Finding("Addresses", "ray", "good", "the cluster that this machine is part of (ray status shows it)")
    else:
        yield looked("Addresses", "ray", lambda: _ray_answers(cluster))


def _prefect() -> Finding:
    """As a render finds it: a server that is named has to answer; films are made without one of our own."""
    from flows.runs.named import named_server
    from flows.runs.server import look

    def answer() -> str:
        named = named_server()
        return f"{named.check()} answers at {named.api}" if named else ""

    finding = looked("Addresses", "prefect", answer)
    if finding.found:
        return finding
    finding = looked("Addresses", "prefect", look)
    return replace(finding, state="note") if finding.state == "bad" else finding


def _ray_answers(address: str) -> str:
    host, port = _place(address, _RAY_PORT)
    return _answers(host, port, f"start it (ray start --head --port {port}), or cluster=local")


def _answers(host: str, port: int, fix: str) -> str:
    try:
        socket.create_connection((host, port), _SECONDS).close()
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise EnvironmentProblem(f"nothing answers at {host}:{port} ({why})\n    {fix}") from error
    return f"{host}:{port} answers"


def _place(address: str, usual: int) -> tuple[str, int]:
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        return parts.hostname or "127.0.0.1", parts.port or (443 if parts.scheme == "https" else usual)
    except ValueError as error:
        fix = "write HOST:PORT, a port being a number up to 65535"
        raise EnvironmentProblem(f"{address} is not an address: {error}\n    {fix}") from error
