"""A bucket whose server fails, refuses, or is not there: what is outlived, and what is said of the rest."""

from __future__ import annotations

import io
import itertools
import os
import socket
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3.exceptions
from minio import error as sdk
from minio.commonconfig import CopySource

from flows.addresses import BucketAddress
from flows.errors import BlobCorrupt, EnvironmentProblem, FlowsError, StoreError
from flows.store import Store
from flows.store.s3 import transfer
from flows.store.s3.answers import trouble_of
from flows.store.s3.backend import BucketBackend
from flows.store.s3.faults import MENDABLE, TRANSIENT, Trouble, ours
from flows.store.s3.patience import Patience
from tests.flows.buckets import ACCESS, BUCKET, SECRET, BucketServer
from tests.flows.store.front import Altered, Answer, Asked, Cut, Drop, Fault, Front, Slow, before

SMALL = b"frames" * 1000
PART = 5 << 20
"""The least that servers take."""
LARGE = os.urandom(1 << 16) * (2 * PART // (1 << 16)) + b"and a bit"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PART", PART)
    monkeypatch.setattr(transfer, "WHOLE", PART)


class Clock:
    """Time that passes while somebody sleeps, and for no other reason."""

    def __init__(self) -> None:
        self.now = 0.0
        self.at: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.at.append(self.now)

    def patience(self, seconds: float = 180.0) -> Patience:
        return Patience(seconds, clock=lambda: self.now, sleep=self.sleep)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def front(servers: Callable[[str], BucketServer]) -> Iterator[Front]:
    with before(servers("moto").url) as front:
        yield front


@pytest.fixture
def where(front: Front, tmp_path: Path) -> BucketAddress:
    return BucketAddress(bucket=BUCKET, prefix=f"team-a/{tmp_path.name}", endpoint=front.url)


@pytest.fixture
def store(where: BucketAddress, clock: Clock, tmp_path: Path) -> Store:
    return opened(where, clock, tmp_path)


def opened(where: BucketAddress, clock: Clock, tmp_path: Path, machine: str = "here") -> Store:
    look = clock.patience(2.0)
    return Store(BucketBackend(where, cache=tmp_path / machine, work=clock.patience(), look=look))


def every_other(fault: Fault) -> Callable[[Asked], Fault | None]:
    """Each request fails at its first try."""
    tried: set[tuple[str, str]] = set()

    def strike(asked: Asked) -> Fault | None:
        this = str(asked), asked.headers.get("range", "") + str(asked.query.get("partNumber"))
        if this in tried:
            return None
        tried.add(this)
        return fault

    return strike


OUTLIVED: dict[str, Fault] = {
    "an internal error": Answer(500, "InternalError"),
    "a server that is busy": Answer(503, "SlowDown"),
    "a gateway without a server": Answer(502, "x"),
    "too many requests": Answer(429, "TooManyRequests"),
    "a request that came too slowly": Answer(400, "RequestTimeout"),
    "a connection that is closed": Drop(),
    "an answer that is lost": Cut(None),
    "bytes altered on the way up": Altered(up=True),
}


@pytest.mark.parametrize("name", OUTLIVED)
def test_what_passes_is_outlived(store: Store, front: Front, clock: Clock, tmp_path: Path, name: str) -> None:
    front.fault = every_other(OUTLIVED[name])
    digest = store.put_bytes(SMALL)
    store.put_note("plans/a.json", b"1")
    assert store.add_note("plans/b.json", b"2")
    assert not store.add_note("plans/b.json", b"3")
    assert store.notes("plans") == ("plans/a.json", "plans/b.json")
    assert store.note("plans/a.json") == b"1"
    other = opened(BucketAddress.parse(store.address), clock, tmp_path, "there")
    assert other.holds([digest])
    assert other.read(digest) == SMALL
    store.drop_note("plans/a.json")
    assert store.note("plans/a.json") is None
    assert clock.now > 0


@pytest.mark.parametrize("fault", [Answer(500, "InternalError"), Cut(None)], ids=str)
def test_a_large_blob_comes_through_in_parts(
    store: Store, front: Front, clock: Clock, tmp_path: Path, fault: Fault
) -> None:
    front.fault = every_other(fault)
    digest = store.put_bytes(LARGE)
    assert {len(asked.body) for asked in front.log if "partNumber" in asked.query} == {PART, len(LARGE) % PART}
    front.fault = lambda asked: None
    other = opened(BucketAddress.parse(store.address), clock, tmp_path, "there")
    assert other.holds([digest])
    assert not front.asked("GET", digest), "the server has checked the parts: nothing is fetched to know it"
    assert other.read(digest) == LARGE


def test_a_blob_that_breaks_off_goes_on_from_there(store: Store, front: Front, clock: Clock, tmp_path: Path) -> None:
    digest = store.put_bytes(LARGE)
    breaks = iter([PART + 1000, 0, PART])
    front.fault = lambda asked: Cut(next(breaks, len(LARGE))) if asked.method == "GET" else None
    other = opened(BucketAddress.parse(store.address), clock, tmp_path, "there")
    assert other.read(digest) == LARGE
    starts = [asked.headers.get("range") for asked in front.log if asked.method == "GET"]
    assert starts == [None, f"bytes={PART}-", f"bytes={PART}-", f"bytes={2 * PART}-"]


def test_a_blob_that_is_replaced_meanwhile_begins_anew(
    store: Store,
    front: Front,
    servers: Callable[[str], BucketServer],
    where: BucketAddress,
    clock: Clock,
    tmp_path: Path,
) -> None:
    digest = store.put_bytes(SMALL)
    key = f"{where.prefix}/blobs/{digest[:2]}/{digest}"

    def strike(asked: Asked) -> Fault | None:
        gets = len(front.asked("GET", digest))
        if asked.method == "GET" and gets == 2:
            servers("moto").client.copy_object(BUCKET, key, CopySource(BUCKET, f"{where.prefix}/other"))
        return Cut(100) if asked.method == "GET" and gets == 1 else None

    servers("moto").client.put_object(BUCKET, f"{where.prefix}/other", io.BytesIO(SMALL[::-1]), len(SMALL))
    front.fault = strike
    other = opened(where, clock, tmp_path, "there")
    with pytest.raises(BlobCorrupt):
        other.read(digest)


def test_slow_is_not_gone(store: Store, front: Front, clock: Clock, tmp_path: Path) -> None:
    front.fault = lambda asked: Slow(0.01)
    digest = store.put_bytes(SMALL * 20)
    assert opened(BucketAddress.parse(store.address), clock, tmp_path, "there").read(digest) == SMALL * 20
    assert clock.now == 0


def test_bytes_altered_on_the_way_down_are_fetched_again(
    store: Store, front: Front, clock: Clock, tmp_path: Path
) -> None:
    digest = store.put_bytes(SMALL)
    altered = itertools.chain([Altered()], itertools.repeat(None))
    front.fault = lambda asked: next(altered) if asked.method == "GET" else None
    assert opened(BucketAddress.parse(store.address), clock, tmp_path, "there").read(digest) == SMALL


@pytest.mark.parametrize("fault", [Answer(503, "ServiceUnavailable"), Drop()], ids=str)
def test_a_server_that_is_gone_for_a_minute_is_waited_for(
    store: Store, front: Front, clock: Clock, fault: Fault
) -> None:
    front.fault = lambda asked: fault if clock.now < 60 else None
    digest = store.put_bytes(SMALL)
    assert store.holds([digest])
    assert 60 <= clock.now < 75
    pauses = [late - early for early, late in itertools.pairwise([0.0, *clock.at])]
    assert max(pauses) <= 10
    assert len(pauses) < 30, "it is not asked all the time"


def test_one_that_stays_away_is_given_up(store: Store, front: Front, clock: Clock) -> None:
    front.fault = lambda asked: Answer(503, "ServiceUnavailable")
    with pytest.raises(StoreError, match=r"cannot read s3://films/team-a/.* at http://127.*HTTP 503"):
        store.note("plans/a.json")
    assert 180 <= clock.now < 200


def test_before_anything_was_begun_nobody_is_waited_for(store: Store, front: Front, clock: Clock) -> None:
    front.fault = lambda asked: Answer(503, "ServiceUnavailable")
    with pytest.raises(StoreError):
        store.check()
    assert clock.now <= 2


def test_of_an_answer_that_was_lost_the_note_is_our_own(store: Store, front: Front) -> None:
    """The note was written, the answer lost: at the next try it stands in its own way."""
    front.fault = every_other(Cut(None))
    assert store.add_note("plans/a.json", b"ours")
    assert store.note("plans/a.json") == b"ours"


def refused(front: Front, where: BucketAddress) -> dict[str, tuple[Callable[[], object], str]]:
    return {
        "another region": (
            lambda: setattr(front, "region", "eu-central-1"),
            "the bucket films is not in the region us-east-1\n    name its own: store.region=eu-central-1",
        ),
        "a clock that is off": (
            lambda: setattr(front, "skew", 20 * 60.0),
            f"the clock of this machine and that of {front.url} are 20 minutes apart",
        ),
        "keys of nobody": (lambda: setattr(front, "access", "ANOTHER"), "does not take these credentials"),
        "no right": (lambda: setattr(front, "prefix", "team-b/"), f"the credentials may not read {where.name}"),
        "an expired session": (fail(front, Answer(400, "ExpiredToken")), "does not take these credentials"),
        "a full server": (fail(front, Answer(507, "XMinioStorageFull"), "PUT"), f"no space left for {where.name}"),
        "what is no S3 server": (fail(front, Answer(404, "x</Code>&")), f"what answers at {front.url} is no S3 server"),
        "no right to write": (
            fail(front, Answer(403, "AccessDenied"), "PUT"),
            f"the credentials may not write to {where.name}",
        ),
        "no right to delete": (
            fail(front, Answer(403, "AccessDenied"), "DELETE"),
            f"the credentials may not write to {where.name}",
        ),
        "no conditions": (fail(front, Answer(501, "NotImplemented"), "PUT"), "cannot do what a store needs"),
    }


def fail(front: Front, answer: Answer, *methods: str) -> Callable[[], object]:
    return lambda: setattr(front, "fault", lambda asked: answer if asked.method in (methods or ("GET",)) else None)


NAMES = list(refused(Front(""), BucketAddress(bucket=BUCKET)))


@pytest.mark.parametrize("name", NAMES)
def test_what_a_person_can_mend_is_said_at_once(
    store: Store, front: Front, where: BucketAddress, clock: Clock, name: str
) -> None:
    store.check(writing=True)
    spoil, told = refused(front, where)[name]
    spoil()
    with pytest.raises(EnvironmentProblem) as caught:
        store.check(writing=True)
    assert told in str(caught.value)
    assert "\n    " in str(caught.value), "what to do about it is on a line of its own"
    assert clock.now == 0, "nothing of it passes by waiting"


def test_a_server_that_overwrites_what_it_should_leave_is_refused(store: Store, front: Front) -> None:
    """Some servers know no `If-None-Match`, and say nothing."""
    front.fault = lambda asked: asked.headers.pop("if-none-match", None) and None
    with pytest.raises(EnvironmentProblem, match=r"overwrites what it is told to leave"):
        store.check(writing=True)


def test_a_bucket_that_is_missing_is_named(front: Front, clock: Clock, tmp_path: Path) -> None:
    store = opened(BucketAddress(bucket="no-such", endpoint=front.url), clock, tmp_path)
    for ask in (store.check, lambda: store.note("plans/a.json"), lambda: store.put_note("plans/a.json", b"")):
        with pytest.raises(EnvironmentProblem, match="there is no bucket no-such at http"):
            ask()


def test_where_nobody_listens_is_said(clock: Clock, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    for endpoint in (nowhere, "http://no-such-host.invalid"):
        store = opened(BucketAddress(bucket=BUCKET, endpoint=endpoint), clock, tmp_path)
        with pytest.raises(EnvironmentProblem, match=rf"nothing answers at {endpoint}\n"):
            store.check()


def test_without_credentials_it_is_said_where_they_are_looked_for(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(EnvironmentProblem, match=r"no credentials for s3://films/.*\n.*~/\.aws/credentials"):
        store.check()
    file = tmp_path / ".aws" / "credentials"
    file.parent.mkdir()
    file.write_text(f"[default\naws_secret_access_key = {SECRET}\n")
    with pytest.raises(EnvironmentProblem, match="no credentials") as caught:
        store.check()
    assert SECRET not in story(caught.value)
    file.write_text(f"[default]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}\n")
    store.check()


@pytest.mark.parametrize("name", [*NAMES, "a server that fails"])
def test_credentials_are_in_no_error(
    store: Store, front: Front, where: BucketAddress, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The front repeats the whole request in its errors, as some servers do."""
    caplog.set_level(0)
    spoil = (
        fail(front, Answer(500, "InternalError")) if name == "a server that fails" else refused(front, where)[name][0]
    )
    spoil()
    with pytest.raises(FlowsError) as caught:
        store.check(writing=True)
    told = story(caught.value) + caplog.text + repr(store) + store.address
    for secret in (ACCESS, SECRET, "AWS4-HMAC", "Signature="):
        assert secret not in told


def story(error: BaseException) -> str:
    """All that a traceback shows."""
    return "".join(traceback.format_exception(error))


def test_a_team_sees_its_prefix_and_nothing_else(front: Front, clock: Clock, tmp_path: Path) -> None:
    """The front refuses whatever else is asked for, and says of what is absent that it may not be read."""
    front.prefix = "team-a/"
    store = opened(BucketAddress(bucket=BUCKET, prefix="team-a/films", endpoint=front.url), clock, tmp_path)
    store.check(writing=True)
    assert store.note("plans/a.json") is None
    digest = store.put_bytes(SMALL)
    assert store.holds([digest])
    assert not store.holds(["0" * 64])
    store.put_note("plans/a.json", b"1")
    assert store.notes("plans") == ("plans/a.json",)
    assert store.finished(["0" * 64]) == frozenset()
    assert store.stock().blobs == 1
    assert all(front.may(asked) for asked in front.log)


def test_takes_are_listed_and_not_asked_for_one_by_one(store: Store, front: Front) -> None:
    names = [f"{number:064x}" for number in range(0, 1 << 200, 1 << 191)]
    assert len(names) == 512
    assert store.finished(names) == frozenset()
    assert len(front.log) <= 32


def test_blobs_that_a_machine_knows_are_listed_and_not_asked_for_one_by_one(
    store: Store, front: Front, where: BucketAddress, clock: Clock, tmp_path: Path
) -> None:
    digests = [store.put_bytes(b"%d" % number) for number in range(100)]
    for machine, heads in (("here", 0), ("there", 100), ("there", 0)):
        front.log.clear()
        assert opened(where, clock, tmp_path, machine).whole(digests) == frozenset(digests)
        assert (len(front.asked("HEAD")), len(front.log) - heads <= 16) == (heads, True)


def _classes(module: object, root: type[Exception]) -> list[type[Exception]]:
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, root)]
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize(
    "kind",
    [*_classes(urllib3.exceptions, urllib3.exceptions.HTTPError), *_classes(sdk, sdk.MinioException)],
    ids=lambda kind: kind.__name__,
)
def test_every_error_of_the_vendors_is_one_of_ours(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    if kind is sdk.S3Error:
        response = urllib3.HTTPResponse(body=b"", status=500, preload_content=True)
        error = sdk.S3Error(response, "Strange", None, None, None, None)
    elif kind is sdk.InvalidResponseError:
        error = sdk.InvalidResponseError(404, "text/html", "")
    elif kind is sdk.ServerError:
        error = sdk.ServerError("", 500)
    assert isinstance(trouble_of(error), Trouble)


def test_what_passes_and_what_can_be_mended_are_told_apart(where: BucketAddress) -> None:
    assert TRANSIENT & MENDABLE.keys() == {"unreachable"}
    for code in [*MENDABLE, *TRANSIENT, "Strange"]:
        found = ours(Trouble(code, 400), where, "read")
        assert isinstance(found, EnvironmentProblem if code in MENDABLE else StoreError)
        assert "{" not in str(found)
