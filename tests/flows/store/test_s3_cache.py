"""Blobs of a bucket that are kept on this machine: what is fetched again, what goes, what stays."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from flows.addresses import BucketAddress
from flows.errors import EnvironmentProblem, StoreError
from flows.store import Store, open_store
from flows.store.s3 import cache as module
from flows.store.s3.cache import Cache, Known
from tests.flows.buckets import BUCKET, BucketServer

SIZE = 1000


def address(kilobytes: float = 1e6, bucket: str = BUCKET) -> BucketAddress:
    return BucketAddress(bucket=bucket, endpoint="http://127.0.0.1:1", cache_gb=kilobytes / 1e6)


def blob(number: int) -> tuple[str, bytes]:
    data = b"%d" % number * SIZE
    data = data[:SIZE]
    return sha256(data).hexdigest(), data


def put(cache: Cache, number: int, *, used: float = 0.0) -> str:
    """Kept, and used so many seconds after the beginning of time."""
    digest, data = blob(number)
    with cache.filling() as file:
        file.write(data)
        cache.keep(file, digest)
    for known in cache.root.rglob(f"{digest}.json"):
        with suppress(FileNotFoundError):  # another thread may clear it away at any moment
            os.utime(known, (used, used))
    return digest


def there(cache: Cache) -> set[str]:
    return {path.name for path in cache.root.rglob("*") if path.is_file() and len(path.name) == 64}


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    cache = Cache(address(), tmp_path)
    digest = put(cache, 1)
    assert cache.read(digest) == blob(1)[1]
    path = cache.path(digest)
    assert path is not None
    assert path.read_bytes() == blob(1)[1]
    assert cache.read("0" * 64) is None
    assert cache.path("0" * 64) is None


def test_what_was_used_longest_ago_goes(tmp_path: Path) -> None:
    cache = Cache(address(3), tmp_path)
    digests = [put(cache, number, used=number) for number in range(3)]
    assert there(cache) == set(digests)
    assert cache.read(digests[0]) is not None, "used now"
    new = put(cache, 3)
    assert there(cache) == {digests[0], digests[2], new}


def test_the_bound_is_of_all_stores_together(tmp_path: Path) -> None:
    one, other = Cache(address(3), tmp_path), Cache(address(3, bucket="other"), tmp_path)
    old = put(one, 1)
    assert other.read(old) is None, "what another store has is not in this one"
    for number in range(2, 6):
        put(other, number, used=number)
    assert len(there(one)) == 3
    assert old not in there(one)


def test_what_was_given_out_stays_until_it_is_given_back(tmp_path: Path) -> None:
    cache = Cache(address(2), tmp_path)
    given = [put(cache, number) for number in range(2)]
    paths = [cache.path(digest) for digest in given]
    for number in range(2, 8):
        put(cache, number, used=number)
    assert set(given) <= there(cache)
    assert all(path and path.exists() for path in paths)
    cache.release()
    for digest in given:
        os.utime(next(tmp_path.rglob(f"{digest}.json")), (0, 0))
    for number in (9, 10):
        put(cache, number, used=number)
    assert not set(given) & there(cache)


HOLD = """
    import sys
    from pathlib import Path
    from flows.store.s3.cache import Cache
    from tests.flows.store.test_s3_cache import address
    cache = Cache(address(2), Path(sys.argv[1]))
    print(cache.path(sys.argv[2]), flush=True)
    sys.stdin.read()
"""


def test_another_process_keeps_what_it_was_given_while_it_lives(tmp_path: Path) -> None:
    cache = Cache(address(2), tmp_path)
    digest = put(cache, 1)
    other = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLD), str(tmp_path), digest],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    try:
        assert other.stdout is not None
        assert digest in other.stdout.readline()
        os.utime(next(tmp_path.rglob(f"{digest}.json")), (0, 0))
        for number in range(2, 6):
            put(cache, number, used=number)
        assert digest in there(cache)
    finally:
        other.kill()
        other.communicate()
    put(cache, 7)
    assert digest not in there(cache)
    assert not list((tmp_path / "leases").iterdir()), "what the dead have left is taken away"


@pytest.mark.parametrize("data", [b"", b"half", b"x" * SIZE])
def test_a_damaged_file_is_none(tmp_path: Path, data: bytes) -> None:
    cache = Cache(address(), tmp_path)
    digest = put(cache, 1)
    next(path for path in tmp_path.rglob(digest)).write_bytes(data)
    assert Cache(address(), tmp_path).read(digest) is None
    assert digest not in there(cache)


def test_what_is_known_of_an_object_may_be_damaged(tmp_path: Path) -> None:
    cache = Cache(address(), tmp_path)
    assert cache.known("a" * 64) is None
    cache.note("a" * 64, Known("e", False))
    assert cache.known("a" * 64) == Known("e", False)
    for data in (b"", b"[]", b"{}", b"\xff", b'{"etag": "e"}'):
        next(tmp_path.rglob(f"{'a' * 64}.json")).write_bytes(data)
        assert cache.known("a" * 64) is None


def test_many_threads_share_one(tmp_path: Path) -> None:
    cache = Cache(address(5), tmp_path)

    def work(number: int) -> bool:
        digest = put(cache, number % 10)
        return cache.read(digest) in (None, blob(number % 10)[1])

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(100)))


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        (errno.ENOSPC, EnvironmentProblem, "no space left in"),
        (errno.EACCES, EnvironmentProblem, "XDG_CACHE_HOME=FOLDER"),
        (errno.EIO, StoreError, "Input/output error"),
    ],
)
def test_what_the_disk_says_is_said_in_our_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[Exception], told: str
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(code, os.strerror(code))

    cache = Cache(address(), tmp_path)
    monkeypatch.setattr(module, "move_over", fail)
    with pytest.raises(kind, match=told):
        put(cache, 1)


def test_a_machine_that_has_a_blob_asks_nobody_for_its_bytes(
    servers: Callable[[str], BucketServer], tmp_path: Path
) -> None:
    server = servers("moto")
    where = str(BucketAddress(bucket=BUCKET, prefix=tmp_path.name, endpoint=server.url))
    digest = open_store(where).put_bytes(b"frames")
    server.client.remove_object(BUCKET, f"{tmp_path.name}/blobs/{digest[:2]}/{digest}")
    store: Store = open_store(where)
    assert store.read(digest) == b"frames"
    assert store.local_path(digest).read_bytes() == b"frames"
    assert not store.holds([digest]), "whether the store has it is another question"


def test_without_room_blobs_are_read_all_the_same(servers: Callable[[str], BucketServer], tmp_path: Path) -> None:
    where = BucketAddress(bucket=BUCKET, prefix=tmp_path.name, endpoint=servers("moto").url, cache_gb=0)
    store = open_store(str(where))
    digest = store.put_bytes(b"frames")
    assert there(Cache(where)) == set()
    assert store.read(digest) == b"frames"
    path = store.local_path(digest)
    assert store.read(store.put_bytes(b"others")) == b"others"
    assert path.read_bytes() == b"frames"
    assert there(Cache(where)) == {digest}


def test_damage_that_was_found_is_remembered(servers: Callable[[str], BucketServer], tmp_path: Path) -> None:
    """A server may be sure of bytes that are others when they come: the next film does not trust it again."""
    where = BucketAddress(bucket=BUCKET, prefix=tmp_path.name, endpoint=servers("moto").url)
    store = open_store(str(where))
    digest = store.put_bytes(b"frames")
    etag = store._backend._client.head(f"blobs/{digest[:2]}/{digest}").etag  # type: ignore[attr-defined]
    Cache(where).note(digest, Known(etag, False))
    assert not store.holds([digest])
    store.put_bytes(b"frames")
    assert store.holds([digest])
