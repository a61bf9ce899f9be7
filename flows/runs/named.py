"""A Prefect server that the person names, by `PREFECT_API_URL` or a profile: found, and looked at before a render."""

from __future__ import annotations

import base64
import importlib.metadata
import ipaddress
import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpx

from flows.errors import EnvironmentProblem
from flows.runs.profiles import own_settings, profiles_file

ANSWER_SECONDS = 5.0
"""What a server that runs may take to say so."""
_NAME = "PREFECT_API_URL"
_SILENT = (httpx.HTTPError, httpx.InvalidURL, ImportError, OSError)
"""What asking fails with: nobody answers, or a proxy's settings cannot be used."""
_TRUE = ("1", "true", "yes", "on", "t", "y")


@dataclass(frozen=True, slots=True)
class Named:
    """The API address as it was given, without a slash at the end, all of the person's Prefect settings, and what to
    unset to be rid of it."""

    api: str
    settings: Mapping[str, str]
    source: str = _NAME

    @property
    def url(self) -> str:
        """Where a browser finds the UI."""
        return self.settings.get("PREFECT_UI_URL", self._place.removesuffix("/api")).rstrip("/")

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine: then no proxy is asked for it."""
        host = urlsplit(self.api).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def alive(self) -> bool:
        """Nothing is certain of it, but what it answers."""
        return True

    def answers(self) -> bool:
        """Whether it can be asked something now; quiet about why not."""
        try:
            return self._asked("/health")[0] == 200
        except _SILENT:
            return False

    def check(self) -> str:
        """Its version, or what it is. Raises EnvironmentProblem that says what is wrong with the address."""
        _check_written(self.api)
        try:
            status, told = self._asked("/health")
        except _SILENT as error:
            raise EnvironmentProblem(self._silent(error)) from error
        if status != 200 or told is not True:
            raise EnvironmentProblem(self._not_prefect(status))
        return self._admitted()

    def _admitted(self) -> str:
        """Health is told to everybody; this only to who may write runs."""
        try:
            status, told = self._asked("/admin/version")
        except _SILENT as error:
            raise EnvironmentProblem(self._silent(error)) from error
        if status in (401, 403):
            given = [name for name in ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING") if name in self.settings]
            what = f"does not accept {given[0]}" if given else "asks who you are"
            fix = "mend it" if given else "set PREFECT_API_AUTH_STRING (user:password) or PREFECT_API_KEY"
            raise EnvironmentProblem(f"the Prefect server at {self._place} {what}\n    {fix}, {self._embedded}")
        if status != 200 or not isinstance(told, str):
            return "Prefect"  # its Cloud tells no version
        try:
            ours = importlib.metadata.version("prefect")
        except importlib.metadata.PackageNotFoundError:  # a machine that only sends films
            return f"Prefect {told}"
        if told.partition(".")[0] != ours.partition(".")[0]:
            raise EnvironmentProblem(
                f"the Prefect server at {self._place} is {told}, and {ours} is installed here\n"
                f"    the first numbers have to be the same: upgrade one of them, {self._embedded}"
            )
        return f"Prefect {told}"

    @property
    def _embedded(self) -> str:
        return f"or unset {self.source}: then wanflow starts one of its own"

    @property
    def _place(self) -> str:
        """The address without a password that stands in it."""
        return _public(self.api)

    def _not_prefect(self, status: int) -> str:
        place = self._place
        try:
            below, told = Named(f"{self.api}/api", self.settings)._asked("/health")
        except _SILENT:
            below, told = 0, None
        if below == 200 and told is True:
            return (
                f"a server answers at {place}, but not Prefect's API: the address ends in /api\n    {_NAME}={place}/api"
            )
        if status >= 500:
            return f"the Prefect server at {place} answers with an error ({status})\n    see its log, {self._embedded}"
        fix = f"the address ends in /api, {self._embedded}"
        return f"a server answers at {place}, but not Prefect's API ({status})\n    {fix}"

    def _silent(self, error: Exception) -> str:
        if isinstance(error, httpx.TimeoutException):
            why = f"no answer in {ANSWER_SECONDS:g} s"
        elif isinstance(error, ImportError):
            why = f"a proxy is set that needs one more package: {error}"
        else:
            why = str(error) or type(error).__name__
        if "CERTIFICATE_VERIFY_FAILED" in why:
            why = why.partition("CERTIFICATE_VERIFY_FAILED]")[2].partition("(_ssl")[0].strip(": ")
            fix = "name the file of its certificate: PREFECT_API_SSL_CERT_FILE=FILE"
            return f"the Prefect server at {self._place} is not trusted: {why}\n    {fix}, {self._embedded}"
        return f"no Prefect server answers at {_NAME}={self._place} ({why})\n    start it, {self._embedded}"

    def _asked(self, path: str) -> tuple[int, object]:
        """Status and what was said, None if that is no JSON. Raises one of `_SILENT` when nobody answers."""
        with self.client() as client:
            answer = client.get(path)
        return answer.status_code, _json(answer.content)

    def client(self, seconds: float = ANSWER_SECONDS) -> httpx.Client:
        """To its API. Raises EnvironmentProblem when the person's certificates cannot be read."""
        return httpx.Client(
            base_url=self.api,
            headers=_headers(self.settings),
            verify=_trusted(self.settings) if self.api.startswith("https") else True,
            timeout=seconds,
            trust_env=not self.loopback,
            follow_redirects=True,
        )


def named_server() -> Named | None:
    """None when the embedded one is wanted. Raises EnvironmentProblem when settings cannot be read."""
    settings = own_settings()
    api = settings.get(_NAME, "").strip().rstrip("/")
    if not api:
        return None
    source = _NAME if os.environ.get(_NAME, "").strip() else f"{_NAME} in {profiles_file()}"
    return Named(api, {**settings, _NAME: api}, source)


def _public(api: str) -> str:
    """An address, whatever is wrong with it, without the password that may stand in it."""
    head, slashes, rest = api.rpartition("//")
    host, slash, path = rest.partition("/")
    return f"{head}{slashes}{host.rpartition('@')[2]}{slash}{path}"


def _check_written(api: str) -> None:
    try:
        parts = urlsplit(api)
        port = parts.port
    except ValueError as error:
        fix = "write http://HOST:PORT/api, a port being a number up to 65535"
        raise EnvironmentProblem(f"{_NAME}={_public(api)} is not an address: {error}\n    {fix}") from error
    if parts.scheme not in ("http", "https"):
        shown = _public(api)
        rest = shown.rpartition("//")[2].removesuffix("/api") + "/api"
        raise EnvironmentProblem(f"{_NAME}={shown} does not begin with http:// or https://\n    {_NAME}=http://{rest}")
    if not parts.hostname or port == 0:
        raise EnvironmentProblem(f"{_NAME}={_public(api)} names no server\n    like http://HOST:4200/api")


def _headers(settings: Mapping[str, str]) -> dict[str, str]:
    key, basic = settings.get("PREFECT_API_KEY"), settings.get("PREFECT_API_AUTH_STRING")
    own = _json(settings.get("PREFECT_CLIENT_CUSTOM_HEADERS", "").encode())
    headers = {str(name): str(value) for name, value in own.items()} if isinstance(own, dict) else {}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    elif basic:
        headers["Authorization"] = f"Basic {base64.b64encode(basic.encode()).decode()}"
    return headers


def _trusted(settings: Mapping[str, str]) -> ssl.SSLContext:
    """As Prefect's client does. Raises EnvironmentProblem when the file of certificates cannot be read."""
    if settings.get("PREFECT_API_TLS_INSECURE_SKIP_VERIFY", "").lower() in _TRUE:
        blind = ssl.create_default_context()
        blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
        return blind
    name = "PREFECT_API_SSL_CERT_FILE"
    file = settings.get(name) or certifi.where()
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as error:
        raise EnvironmentProblem(
            f"{name}={file}: {error.strerror or error}\n    name a file of certificates"
        ) from error


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
