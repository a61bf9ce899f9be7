"""Three hosts with addresses of their own and a bucket, one of which is cut off in the middle of two films."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flows.addresses import BucketAddress
from tests.flows.buckets import BUCKET, CREDENTIALS, SERVERS
from tests.flows.cluster import film_on_hosts, other_software
from tests.flows.cluster.hosts import NET, PORT, Host, network, why_not

DRILL = "WANFLOW_DRILLS"
"""Three Rays on two cores have limits of their own to come up in: `make drill` has no other tests beside them."""
WHY_NOT = why_not() if DRILL in os.environ else "`make drill` plays it"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))]
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "secret-of-three-hosts"}
STORE_PORT = 9000
ENDPOINT = f"http://{NET}.1:{STORE_PORT}"
NOTICED_SECONDS = 30.0
"""What it may take to notice that a host is gone: Ray itself took more than a minute."""
REFUSED_SECONDS = 10.0
"""What it may take to say why a film cannot be made here."""
MAKE_BUCKET = """
import sys, time
from tests.flows.buckets import BucketServer, BUCKET
while True:
    try:
        BucketServer(sys.argv[1]).client.make_bucket(BUCKET)
        break
    except Exception:
        time.sleep(0.2)
"""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Host, ...]]:
    """A cluster of three, with a processor each, and a server that keeps a bucket on the first."""
    folder = tmp_path_factory.mktemp("hosts")
    with network(3, folder, {**TOKEN, **CREDENTIALS}) as made, _bucket(made[0], folder):
        head = made[0]
        head.ray()
        for host in made[1:]:
            host.environment = {**host.environment, "XDG_CACHE_HOME": str(host.folder / "cache")}
            host.ray(head)
        yield made


@contextmanager
def _bucket(head: Host, folder: Path) -> Iterator[None]:
    """A server that keeps one, on that host."""
    with (folder / "bucket.log").open("wb") as log:
        command = SERVERS["moto"](STORE_PORT, folder / "bucket", head.address)
        server = head.python(*command, stdout=log, stderr=log)
    try:
        made = head.python("-c", MAKE_BUCKET, ENDPOINT)
        assert made.wait(120) == 0
        yield
    finally:
        server.kill()
        server.wait()


def film(host: Host, folder: Path, *prompts: str, **cluster: Any) -> Any:
    """Its driver; `cluster` are settings."""
    store = str(BucketAddress(bucket=BUCKET, prefix="three-hosts", endpoint=ENDPOINT))
    told = json.dumps({"address": f"{NET}.1:{PORT}", **cluster})
    command = (film_on_hosts.__file__, store, str(folder), told, *prompts)
    return host.python(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def told(process: Any) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, process.stdout)


def ended(process: Any) -> list[dict[str, Any]]:
    """What it says until its end, and nothing on stderr: Ray's own words stay off the terminal."""
    said, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    return [json.loads(line) for line in said.splitlines()]


def test_a_host_that_is_cut_off_is_noticed_and_both_films_are_finished(hosts: tuple[Host, ...], tmp_path: Path) -> None:
    boats = [f"boat {number} is slow" for number in range(5)]
    long = film(hosts[0], tmp_path, *boats)
    heard, running = [], set()
    for event in told(long):
        heard.append(event)
        if event["kind"] == "Progress" and event["clip"]:
            running.add(event["clip"])
        if len(running) == 3:
            break
    hosts[2].cut()
    cut = time.monotonic()
    urgent = film(hosts[1], tmp_path, "an urgent boat", priority=9)
    noticed = 0.0
    for event in told(long):
        heard.append(event)
        if event["kind"] == "Failed" and not noticed:
            noticed = time.monotonic() - cut
            assert event["message"].startswith("worker died: its machine has not answered"), event
            assert not event["final"]
    assert 0 < noticed < NOTICED_SECONDS
    finished = [event for event in heard if event["kind"] == "Finished"]
    assert sorted(event["clip"] for event in finished) == boats
    assert not any(event["cached"] for event in finished)
    assert ended(long) == []
    *_, last = ended(urgent)
    assert last["kind"] == "Finished", last


def test_a_host_that_comes_back_is_of_use_again(hosts: tuple[Host, ...], tmp_path: Path) -> None:
    """Its Ray is started anew: the old one was told that it is gone."""
    hosts[2].cut()
    time.sleep(1)
    hosts[2].mend()
    hosts[2].end()
    hosts[2].ray(hosts[0])
    boats = [f"later boat {number} is slow" for number in range(9)]
    heard = ended(film(hosts[2], tmp_path, *boats))
    assert sorted(event["clip"] for event in heard if event["kind"] == "Finished") == boats
    assert len({event["worker"] for event in heard if event["kind"] == "Started"}) == 3


@pytest.mark.parametrize(
    ("environment", "cluster", "expected"),
    [
        ({"RAY_AUTH_TOKEN": "another"}, {}, "it asks for a token, and here is none or another one"),
        ({}, {"address": f"{NET}.77:{PORT}"}, "no Ray cluster answers at"),
        ({}, {"gpus_per_worker": 1.0}, "unschedulable: a worker needs 1 GPU"),
        (other_software.ray("2.59.0"), {}, "need the same Ray and the same Python"),
        (other_software.python("3.10.1"), {}, "Python is {python} there, 3.10.1 here"),
    ],
    ids=["token", "nobody", "gpus", "ray", "python"],
)
def test_what_keeps_a_film_from_being_made_is_said_in_seconds(
    hosts: tuple[Host, ...], tmp_path: Path, environment: dict[str, str], cluster: dict[str, Any], expected: str
) -> None:
    host = hosts[1]
    stranger = Host(host.network, 2, tmp_path, {**host.environment, **environment})
    *_, event = ended(film(stranger, tmp_path, "a boat", **cluster))
    expected = expected.format(python=".".join(map(str, sys.version_info[:3])))
    assert (event["kind"], expected in event["message"]) == ("error", True), event
    assert event["at"] < REFUSED_SECONDS, event
