"""What can go wrong between us and a bucket, in our words: this is where a server's errors end.

`Trouble` names it by the code that S3 has for it, or by one of ours for what no server said. No message repeats what a
server wrote: some of them quote the request, signature and all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from flows.addresses import BucketAddress
from flows.errors import EnvironmentProblem, FlowsError, StoreError

GONE = "NoSuchKey"
STANDS = "PreconditionFailed"
DENIED = "AccessDenied"
UPLOAD_GONE = "NoSuchUpload"
UNSAID = "BadRequest"
"""What the SDK calls a status 400 that nothing was said with."""

UNREACHABLE = "unreachable"
CUT = "cut"
CERTIFICATE = "certificate"
NO_CREDENTIALS = "no credentials"
NOT_S3 = "not S3"
UNCONDITIONAL = "unconditional"
"""Codes of ours: nobody answers; an answer broke off or did not come; a certificate that is not trusted; nothing to
sign with; an answer that is none of S3's; a server that overwrites what it was told to leave."""

TRANSIENT = frozenset(
    {
        UNREACHABLE,
        CUT,
        "InternalError",
        "ServiceUnavailable",
        "SlowDown",
        "SlowDownRead",
        "SlowDownWrite",
        "RequestTimeout",
        "RequestTimeoutException",
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TooManyRequests",
        "ServerBusy",
        "OperationAborted",
        "ConditionalRequestConflict",
        "BadDigest",
        "InvalidDigest",
        "XAmzContentChecksumMismatch",
        "XAmzContentSHA256Mismatch",
        "IncompleteBody",
    }
)
"""May be gone at the next try; the last five: our bytes came otherwise than we sent them."""
_TRANSIENT_STATUS = frozenset({408, 429, 500, 502, 503, 504})

_KEYS = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (MINIO_ACCESS_KEY and MINIO_SECRET_KEY do too), or write them to "
    "~/.aws/credentials"
)
_DENIED = (
    "the credentials may not {doing} {store}\n"
    "    ask for s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket there, or name another place: "
    "store.prefix=NAME"
)
_BAD_KEYS = "{server} does not take these credentials ({code})\n    " + _KEYS
_REGION = "the bucket {bucket} is not in the region {region}\n    name its own: {elsewhere}"
_FULL = "no space left for {store} ({code})\n    make room there, or name another bucket: store.bucket=NAME"

MENDABLE: Mapping[str, str] = MappingProxyType(
    {
        UNREACHABLE: "nothing answers at {server}\n    start it, or name the right one: store.endpoint=https://HOST:PORT",
        CERTIFICATE: "the certificate of {server} is not trusted here\n    "
        "name the file of whoever signed it: SSL_CERT_FILE=FILE",
        NO_CREDENTIALS: "there are no credentials for {store}\n    " + _KEYS,
        NOT_S3: "what answers at {server} is no S3 server\n    name the right one: store.endpoint=https://HOST:PORT",
        UNCONDITIONAL: "{server} overwrites what it is told to leave (If-None-Match), so that one worker would undo "
        "another's\n    use a newer version of it, or another server: store.endpoint=https://HOST:PORT",
        "NotImplemented": "{server} cannot do what a store needs ({code})\n    use a newer version of it, or another "
        "server: store.endpoint=https://HOST:PORT",
        "MethodNotAllowed": "{server} cannot do what a store needs ({code})\n    use a newer version of it, or another "
        "server: store.endpoint=https://HOST:PORT",
        "NoSuchBucket": "there is no bucket {bucket} at {server}\n    make it, or name another: store.bucket=NAME",
        "InvalidBucketName": "{bucket} cannot be the name of a bucket at {server}\n    name another: store.bucket=NAME",
        DENIED: _DENIED,
        "AllAccessDisabled": _DENIED,
        "AccountProblem": _DENIED,
        "InvalidAccessKeyId": _BAD_KEYS,
        "SignatureDoesNotMatch": _BAD_KEYS,
        "ExpiredToken": _BAD_KEYS,
        "ExpiredTokenException": _BAD_KEYS,
        "InvalidToken": _BAD_KEYS,
        "InvalidTokenId": _BAD_KEYS,
        "TokenRefreshRequired": _BAD_KEYS,
        "RequestTimeTooSkewed": "the clock of this machine and that of {server} are {skew} apart, and it refuses what "
        "is signed with another time\n    set the one that is wrong: timedatectl set-ntp true",
        "AuthorizationHeaderMalformed": _REGION,
        "PermanentRedirect": _REGION,
        "TemporaryRedirect": _REGION,
        "IllegalLocationConstraintException": _REGION,
        "QuotaExceeded": _FULL,
        "XMinioStorageFull": _FULL,
        "XMinioAdminBucketQuotaExceeded": _FULL,
        "EntityTooLarge": _FULL,
    }
)
"""What a person can do something about; everything else is a StoreError."""


class Trouble(Exception):
    """A request that came to nothing. `code`: S3's or ours; `status` of HTTP, 0: there was none. `region`: the one that
    the server named; `skew`: seconds between its clock and ours."""

    def __init__(self, code: str, status: int = 0, *, region: str | None = None, skew: float | None = None) -> None:
        super().__init__(code)
        self.code, self.status, self.region, self.skew = code, status, region, skew

    @property
    def transient(self) -> bool:
        """Whether the same request may do at the next try."""
        return self.code in TRANSIENT or (self.status in _TRANSIENT_STATUS and self.code not in MENDABLE)


@contextmanager
def translated(address: BucketAddress, doing: str) -> Iterator[None]:
    """Turns troubles into our errors; `doing` completes "may not … the store"."""
    try:
        yield
    except Trouble as trouble:
        raise ours(trouble, address, doing) from None  # what it came from quotes requests


def ours(trouble: Trouble, address: BucketAddress, doing: str) -> FlowsError:
    """EnvironmentProblem with what to do about it, or StoreError."""
    told = MENDABLE.get(trouble.code)
    if told is None:
        code = f"{trouble.code}, HTTP {trouble.status}" if trouble.status else trouble.code
        return StoreError(f"cannot {doing} {address.name} at {server_of(address)} ({code})")
    elsewhere = f"store.region={trouble.region}" if trouble.region else "store.region=NAME"
    return EnvironmentProblem(
        told.format(
            doing=doing,
            store=address.name,
            server=server_of(address),
            bucket=address.bucket,
            region=address.region,
            elsewhere=elsewhere,
            code=trouble.code,
            skew="too far" if trouble.skew is None else f"{abs(trouble.skew) / 60:.0f} minutes",
        )
    )


def server_of(address: BucketAddress) -> str:
    """As people know it."""
    return address.endpoint or f"Amazon S3, {address.region}"
