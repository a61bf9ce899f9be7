"""Hosts of a network of their own: namespaces with a bridge among them, made and removed here. Nothing leaves them."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

NET = "10.201.7"
PORT = 6379
FIRST = "WANFLOW_TEST_FIRST"
"""A variable of a host that names a folder which Python imports from before all others."""


def why_not() -> str | None:
    """Why there can be none on this machine; None: there can."""
    if shutil.which("ip") is None:
        return "there is no `ip` command"
    name = f"wf-{secrets.token_hex(2)}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"network namespaces may not be made: {made.stderr.strip()}"
    try:
        bridge = ["ip", "-n", name, "link", "add", "name", "bridge0", "type", "bridge"]
        done = subprocess.run(bridge, capture_output=True, text=True, check=False)
        return f"bridges may not be made: {done.stderr.strip()}" if done.returncode else None
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


@dataclass(slots=True)
class Host:
    """One of them. `ray` starts and stops a node of a cluster on it."""

    network: str
    number: int
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{NET}.{self.number}"

    @property
    def namespace(self) -> str:
        return f"{self.network}-{self.number}"

    def start(self, command: Sequence[str], **how: object) -> subprocess.Popen[str]:
        """A process on this host, in a session of its own."""
        paths = [self.environment.get(FIRST), str(Path(__file__).parents[3])]
        environment = {**os.environ, **self.environment, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        return subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, *command],
            env=environment,
            text=True,
            start_new_session=True,
            **how,  # type: ignore[call-overload]
        )

    def python(self, *arguments: str, **how: object) -> subprocess.Popen[str]:
        return self.start([sys.executable, *arguments], **how)

    def ray(self, head: Host | None = None, cpus: int = 1) -> None:
        """A node: the head, or one that joins it."""
        where = ["--head", f"--port={PORT}", "--include-dashboard=false"]
        if head is not None:
            where = [f"--address={head.address}:{PORT}"]
        own = [f"--node-ip-address={self.address}", f"--num-cpus={cpus}", "--object-store-memory=80000000"]
        temporary = [f"--temp-dir={self.folder}"] if head is None else []
        scripts = "from ray.scripts.scripts import main; main()"
        started = self.python(
            "-c", scripts, "start", *where, *own, *temporary, "--disable-usage-stats",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        said, _ = started.communicate(timeout=120)
        assert started.returncode == 0, said

    def cut(self) -> None:
        """Nothing goes in or out any more."""
        _ip("-n", self.network, "link", "set", f"v{self.number}", "down")

    def mend(self) -> None:
        _ip("-n", self.network, "link", "set", f"v{self.number}", "up")

    def end(self) -> None:
        """Every process on it is killed."""
        listed = subprocess.run(["ip", "netns", "pids", self.namespace], capture_output=True, text=True, check=False)
        for process in listed.stdout.split():
            subprocess.run(["kill", "-9", process], capture_output=True, check=False)


@contextmanager
def network(count: int, folder: Path, environment: dict[str, str]) -> Iterator[tuple[Host, ...]]:
    """So many hosts, numbered from 1, which reach each other. All is gone afterwards, their processes too."""
    name = f"wf{secrets.token_hex(2)}"
    hosts = []
    _ip("netns", "add", name)
    try:
        _ip("-n", name, "link", "add", "name", "bridge0", "type", "bridge")
        _ip("-n", name, "link", "set", "bridge0", "up")
        for number in range(1, count + 1):
            place = folder / f"host{number}"
            place.mkdir()
            host = Host(name, number, place, environment)
            hosts.append(host)
            _plug(host)
        yield tuple(hosts)
    finally:
        for host in hosts:
            host.end()
            subprocess.run(["ip", "netns", "del", host.namespace], check=False)
        subprocess.run(["ip", "netns", "del", name], check=False)


def _plug(host: Host) -> None:
    """A namespace with a cable to the bridge."""
    own, cable = host.namespace, f"v{host.number}"
    _ip("netns", "add", own)
    _ip("-n", host.network, "link", "add", "name", cable, "type", "veth", "peer", "name", "eth0", "netns", own)
    _ip("-n", host.network, "link", "set", cable, "master", "bridge0", "up")
    _ip("-n", own, "addr", "add", f"{host.address}/24", "dev", "eth0")
    for device in ("lo", "eth0"):
        _ip("-n", own, "link", "set", device, "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
