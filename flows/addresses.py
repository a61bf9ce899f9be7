"""Addresses of stores in a bucket: all that opens one in any process, but for the credentials.

    s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=NAME&cache_gb=50

What the settings of `store=s3` say becomes such an address once, here; from then on there is the address alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit

from flows.errors import SettingsError
from flows.settings import StoreSettings
from wan.system.suggest import did_you_mean

SCHEME = "s3"
HERE = f"{SCHEME}://"
"""`store.address` of `store=s3`: the bucket that the other keys name."""
REGION = "us-east-1"
"""What servers take that have no regions."""
CACHE_GB = 50.0

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_KEYS = ("endpoint", "region", "cache_gb")
_CREDENTIALS = "credentials are taken from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or from files"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAddress:
    """A store in a bucket. `prefix` "": the whole bucket. `endpoint` None: Amazon's. `cache_gb`: how much of it each
    machine keeps, in 10⁹ bytes. `str()` gives the address, `parse` reads it."""

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str = REGION
    cache_gb: float = CACHE_GB

    def __post_init__(self) -> None:
        """Raises SettingsError for what cannot be; no message repeats what might be a secret."""
        if not _BUCKET.fullmatch(self.bucket):
            raise SettingsError(
                f"store.bucket={self.bucket} is not the name of a bucket: 3 to 63 small letters, digits, dots, dashes"
            )
        if self.prefix and not _PREFIX.fullmatch(self.prefix):
            raise SettingsError(
                f"store.prefix={self.prefix} cannot be used; write names of letters, digits, dots, dashes and "
                "underscores, with slashes between them"
            )
        if not _REGION.fullmatch(self.region):
            raise SettingsError(f"store.region={self.region} is not the name of a region, as us-east-1 is")
        if not (math.isfinite(self.cache_gb) and self.cache_gb >= 0):
            raise SettingsError(f"store.cache_gb={self.cache_gb:g} is out of range; it must be 0 or more")
        if self.endpoint is not None:
            _check_endpoint(self.endpoint)

    def __str__(self) -> str:
        said = {
            "endpoint": self.endpoint,
            "region": self.region if self.region != REGION else None,
            "cache_gb": f"{self.cache_gb:g}" if self.cache_gb != CACHE_GB else None,
        }
        query = "&".join(f"{key}={quote(value, safe=':/[]')}" for key, value in said.items() if value is not None)
        return f"{self.name}?{query}" if query else self.name

    @property
    def name(self) -> str:
        """The store as people call it: `s3://bucket/prefix`."""
        return f"{HERE}{self.bucket}/{self.prefix}" if self.prefix else f"{HERE}{self.bucket}"

    @staticmethod
    def parse(text: str) -> BucketAddress:
        """Reads an address. Raises SettingsError."""
        try:
            parts = urlsplit(text)
            pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        except ValueError as error:
            raise SettingsError(f"store.address cannot be read; write {HERE}BUCKET/PREFIX?endpoint=URL") from error
        if "@" in parts.netloc or parts.fragment:
            raise SettingsError(f"store.address names a bucket, and nobody's keys: {_CREDENTIALS}")
        said = dict(pairs)
        for key in said:
            if key not in _KEYS:
                hint = did_you_mean(key, _KEYS, f"there are {', '.join(_KEYS)}")
                raise SettingsError(f"store.address: {key} is nothing that an address says; {hint}; {_CREDENTIALS}")
        return BucketAddress(
            bucket=parts.netloc,
            prefix=parts.path.strip("/"),
            endpoint=said.get("endpoint"),
            region=said.get("region", REGION),
            cache_gb=_number(said),
        )


def whole_address(settings: StoreSettings) -> str | None:
    """What the settings of the store come to. Raises SettingsError for what does not go together."""
    in_bucket: Mapping[str, object] = {
        "bucket": settings.bucket,
        "prefix": settings.prefix,
        "endpoint": settings.endpoint,
        "region": settings.region,
        "cache_gb": settings.cache_gb,
    }
    if settings.address != HERE:
        for key, value in in_bucket.items():
            if value is not None:
                raise SettingsError(f"store.{key}={value} is for a store in a bucket; write store=s3 store.bucket=NAME")
        is_bucket = settings.address is not None and settings.address.startswith(HERE)
        return str(BucketAddress.parse(settings.address or "")) if is_bucket else settings.address
    if settings.bucket is None:
        raise SettingsError("store=s3 needs a bucket; name it: store.bucket=NAME")
    return str(
        BucketAddress(
            bucket=settings.bucket,
            prefix=(settings.prefix or "").strip("/"),
            endpoint=settings.endpoint,
            region=settings.region or REGION,
            cache_gb=CACHE_GB if settings.cache_gb is None else settings.cache_gb,
        )
    )


def _number(said: Mapping[str, str]) -> float:
    try:
        return float(said.get("cache_gb", CACHE_GB))
    except ValueError as error:
        raise SettingsError("store.address: cache_gb is not a number") from error


def _check_endpoint(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole, parts = False, urlsplit("")
    if "@" in endpoint:
        raise SettingsError(f"store.endpoint names a server, and nobody's keys: {_CREDENTIALS}")
    if not whole or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SettingsError(f"store.endpoint={endpoint} is not the address of a server; write https://HOST:PORT")
