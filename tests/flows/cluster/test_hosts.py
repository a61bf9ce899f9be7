"""Three hosts with addresses of their own, one of which is cut off in the middle of two films."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.cluster import film_on_hosts
from tests.flows.cluster.hosts import NET, PORT, Host, network, why_not

DRILL = "WANFLOW_DRILLS"
"""Three Rays on two cores have limits of their own to come up in: `make drill` has no other tests beside them."""
WHY_NOT = why_not() if DRILL in os.environ else "`make drill` plays it"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))]
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "secret-of-three-hosts"}
NOTICED_SECONDS = 45.0
"""What it takes to notice that a host is gone, with room for a busy machine: Ray itself took more than a minute."""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Host, ...]]:
    """A cluster of three, with a processor each."""
    with network(3, tmp_path_factory.mktemp("hosts"), TOKEN) as made:
        head = made[0]
        head.ray()
        for host in made[1:]:
            host.ray(head)
        yield made


def film(host: Host, folder: Path, priority: int, *prompts: str, address: str = f"{NET}.1:{PORT}") -> Any:
    command = (film_on_hosts.__file__, address, str(folder), str(priority), *prompts)
    return host.python(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def told(process: Any) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, process.stdout)


def ended(process: Any) -> list[dict[str, Any]]:
    """What it says until its end, and nothing on stderr: Ray's own words stay off the terminal."""
    said, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    return [json.loads(line) for line in said.splitlines()]


def test_a_host_that_is_cut_off_is_noticed_and_both_films_are_finished(hosts: tuple[Host, ...], tmp_path: Path) -> None:
    long = film(hosts[0], tmp_path, 0, *(f"boat {number} is slow" for number in range(5)))
    heard, running = [], set()
    for event in told(long):
        heard.append(event)
        if event["kind"] == "Progress" and event["clip"]:
            running.add(event["clip"])
        if len(running) == 3:
            break
    hosts[2].cut()
    cut = time.monotonic()
    urgent = film(hosts[1], tmp_path, 9, "an urgent boat")
    noticed = 0.0
    for event in told(long):
        heard.append(event)
        if event["kind"] == "Failed" and not noticed:
            noticed = time.monotonic() - cut
            assert event["message"].startswith("worker died: its machine has not answered"), event
            assert not event["final"]
    assert 0 < noticed < NOTICED_SECONDS
    assert sorted(event["clip"] for event in heard if event["kind"] == "Finished") == [
        f"boat {number} is slow" for number in range(5)
    ]
    assert ended(long) == []
    *_, last = ended(urgent)
    assert last["kind"] == "Finished", last
    hosts[2].mend()


@pytest.mark.parametrize(
    ("token", "address", "expected"),
    [
        ("another", f"{NET}.1:{PORT}", "it asks for a token, and here is none or another one"),
        (TOKEN["RAY_AUTH_TOKEN"], f"{NET}.77:{PORT}", "no Ray cluster answers at"),
    ],
)
def test_what_keeps_a_host_from_joining_is_said_in_seconds(
    hosts: tuple[Host, ...], tmp_path: Path, token: str, address: str, expected: str
) -> None:
    stranger = Host(hosts[1].network, 2, tmp_path, {**TOKEN, "RAY_AUTH_TOKEN": token})
    *_, event = ended(film(stranger, tmp_path, 0, "a boat", address=address))
    assert (event["kind"], expected in event["message"]) == ("error", True), event
