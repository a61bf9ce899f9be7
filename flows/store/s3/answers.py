"""What the SDK, urllib3 and the system raise about a request, as `Trouble`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import ConnectTimeoutError, LocationValueError, SSLError

from flows.store.s3 import faults
from flows.store.s3.faults import Trouble


def trouble_of(error: Exception) -> Trouble:
    """What an error of the SDK, of urllib3 or of the system means."""
    match error:
        case S3Error():
            return _said(error)
        case ServerError():
            return Trouble(faults.STANDS if error.status_code == 412 else "ServerError", error.status_code)
        case InvalidResponseError():
            status = int(error._code)
            return Trouble("ServerError" if status >= 500 or status in (408, 429) else faults.NOT_S3, status)
        case SSLError():
            return Trouble(faults.CERTIFICATE if "CERTIFICATE_VERIFY_FAILED" in str(error) else faults.CUT)
        case ConnectTimeoutError():  # what cannot connect, or find the host, is one too
            return Trouble(faults.UNREACHABLE)
        case LocationValueError() | ValueError() | SyntaxError() | MinioException():
            return Trouble(faults.NOT_S3)
    return Trouble(faults.CUT)


def _said(error: S3Error) -> Trouble:
    headers: Mapping[str, str] = error.response.headers
    region = headers.get("x-amz-bucket-region") or _found(error.response.data, "Region")
    code = error.code or "ServerError"
    code = "PermanentRedirect" if region and error.response.status in (301, 307, 400) and code == "BadRequest" else code
    return Trouble(code, error.response.status, region=region, skew=_skew(headers.get("date")))


def _skew(date: str | None) -> float | None:
    """Seconds that the server's clock is ahead of ours."""
    try:
        return parsedate_to_datetime(date).timestamp() - time.time() if date else None
    except ValueError:
        return None


def _found(data: bytes | None, name: str) -> str | None:
    try:
        return text_of(data or b"", name)
    except (ValueError, SyntaxError):
        return None


def text_of(data: bytes, name: str) -> str:
    """Of the first element of that name, in any namespace. Raises ValueError, SyntaxError."""
    for element in ElementTree.fromstring(data).iter():
        if element.tag.rpartition("}")[2] == name and element.text:
            return element.text
    raise ValueError(f"the answer has no {name}")
