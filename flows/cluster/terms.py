"""What a pool of workers is for as long as it lives, and what a film and a pool must have in common."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from flows.cluster.renderers import RendererSpec
from flows.cluster.room import Node, WorkerSize, check_eight_bits, size_workers
from flows.errors import EnvironmentProblem
from flows.settings import ClusterSettings
from flows.store import open_store
from flows.store.identity import identified

PACKAGES = ("flows", "wan")
KEEPER = "/keeper"
"""Ends the name of every keeper."""


@dataclass(frozen=True, slots=True)
class Terms:
    """`size` is what each worker takes of a machine. `own`: the pool is there for one film, and ends with it."""

    name: str
    settings: ClusterSettings
    size: WorkerSize
    store_address: str
    store_identity: bytes
    own: bool

    @property
    def keeper(self) -> str:
        """The name of its keeper among Ray's actors."""
        return keeper_name(self.name)

    def check(self, film: Terms) -> None:
        """Raises EnvironmentProblem when a film that asks for `film` cannot be rendered by this pool."""
        another = "    or name a pool of its own: cluster.pool=NAME"
        if film.store_identity != self.store_identity:
            raise EnvironmentProblem(
                f"the pool {self.name} keeps its clips in the store {self.store_address}, and this film in "
                f"{film.store_address}\n    use that one: store.address={self.store_address}\n{another}"
            )
        ours, asked = replace(self.size, workers=0), replace(film.size, workers=0)
        if ours != asked:
            uses = f"cluster.cpus_per_worker={ours.cpus:g} cluster.gpus_per_worker={ours.gpus * ours.members:g}"
            if ours.members != asked.members:
                uses += f" cluster.gang={ours.members}"
            raise EnvironmentProblem(
                f"a worker of the pool {self.name} has {_words(ours)}, and this film asks for {_words(asked)}\n"
                f"    {uses} uses it\n{another}"
            )


def terms_of(
    settings: ClusterSettings, renderer: RendererSpec, store_address: str | None, nodes: Sequence[Node], own: str = ""
) -> Terms:
    """What a film, or a person, asks of a pool on these machines: that which `cluster.pool` names, or one of the film's
    `own`. Raises EnvironmentProblem when no machine can ever hold such a worker."""
    size = size_workers(settings, renderer.device, nodes)
    if renderer.eight_bits:
        check_eight_bits(nodes)
    store = open_store(store_address)
    return Terms(own or settings.pool, settings, size, store.address, identified(store), bool(own))


def keeper_name(pool: str) -> str:
    """Of the keeper of a pool, among Ray's actors."""
    return f"{pool}{KEEPER}"


def _words(size: WorkerSize) -> str:
    each = f"{size.cpus:g} CPU and {size.gpus:g} GPU"
    return each if size.members == 1 else f"{size.members} processes of {each} each"


@cache
def versions() -> Mapping[str, str]:
    """What has to be the same on both sides of a cluster, by name: what is sent there is code's own."""
    import ray

    return {
        "wanflow": f"{version('wanflow')}, code {_code()}",
        "Python": platform.python_version(),
        "Ray": ray.__version__,
    }


def check_versions(pool: str, theirs: Mapping[str, str]) -> None:
    """Raises EnvironmentProblem that names what differs, and what to do."""
    ours = versions()
    differ = [name for name in ours if ours[name] != theirs.get(name)]
    if differ:
        lines = [f"    {name} is {theirs.get(name, 'unknown')} there, {ours[name]} here" for name in differ]
        raise EnvironmentProblem(
            "\n".join([f"the pool {pool} runs other software than this command:", *lines])
            + "\n    install the same on all machines; if the pool's is the older one: wanflow pool down, and try again"
        )


def _code() -> str:
    """Of the packages themselves: a checkout has one version for many states."""
    found = sha256()
    for path in _sources():
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def _sources() -> Iterator[Path]:
    root = Path(__file__).parents[2]
    for package in PACKAGES:
        yield from sorted((root / package).rglob("*.py"))
