"""An OpenAI-compatible endpoint, over httpx: one request an answer, and every way it can go wrong said in our words."""

from __future__ import annotations

import base64
import io
import json
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx

from wan.errors import ModelUnavailable, PromptError
from wan.prompts.conversation import LONGEST_ANSWER, Message

if TYPE_CHECKING:
    from wan.request import Image

SEED = 0
LONGEST_SIDE = 1024
"""Pixels of a picture that is sent: models look at no more, and endpoints refuse large requests."""
LARGEST_ANSWER = 2_000_000
"""Bytes. What goes on for longer is no answer."""

_BUSY = frozenset({408, 409, 425, 429})
_ABOUT_THE_PROMPT = frozenset({400, 413, 422})
_SPARE: Mapping[str, object] = {"temperature": 0, "seed": SEED, "max_tokens": LONGEST_ANSWER}
"""What some endpoints do not take. One that names such a field in a refusal is asked without it from then on."""
_RENAMED = {"max_tokens": "max_completion_tokens"}


class ApiExtender:
    """See `wan.prompts.open_api`. Threads may share one."""

    def __init__(self, base_url: str, model: str, *, key: str | None, timeout: float, images: bool) -> None:
        self._model, self._timeout, self._images = model, timeout, images
        self._options = dict(_SPARE)
        self._url = _address(base_url)
        self._shown = str(self._url.copy_with(userinfo=b""))
        self._key = key
        if key is not None and not (key.isascii() and key.isprintable()):
            raise ModelUnavailable("the API key holds characters that no key has", again=False)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, timeout=timeout)

    @property
    def sees(self) -> bool:
        return self._images

    def close(self) -> None:
        """Ends its connections."""
        self._client.close()

    def answer(self, messages: Sequence[Message]) -> str:
        turns = [_turn(message) for message in messages]
        for _ in range(len(_SPARE) + 1):
            status, headers, data = self._post({"model": self._model, "messages": turns, **self._options})
            if status != 400 or not self._drop_refused(data):
                break
        if status != 200:
            raise self._refusal(status, headers, data)
        return _content(data)

    def _post(self, body: Mapping[str, object]) -> tuple[int, httpx.Headers, bytes]:
        """Status, headers and body. The whole answer must come within the time, however slowly it drips."""
        end = time.monotonic() + self._timeout
        try:
            with self._client.stream("POST", self._url, json=body) as response:
                data = b""
                for chunk in response.iter_bytes():
                    data += chunk
                    if len(data) > LARGEST_ANSWER:
                        raise PromptError("the answer did not end")
                    if time.monotonic() > end:
                        raise ModelUnavailable(f"{self._shown}: no whole answer within {self._timeout:g} s")
                return response.status_code, response.headers, data
        except httpx.TimeoutException as error:
            raise ModelUnavailable(f"{self._shown}: no answer within {self._timeout:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ModelUnavailable(f"{self._shown}: {error or type(error).__name__}") from error

    def _drop_refused(self, data: bytes) -> bool:
        """Whether the refusal names a field that can be left out, or has a newer name: the next request is without."""
        named = _message(data)
        for field in self._options:
            if f"'{field}'" in named or f'"{field}"' in named or f"`{field}`" in named:
                options = {name: value for name, value in self._options.items() if name != field}
                if (newer := _RENAMED.get(field)) and newer in named:
                    options[newer] = _SPARE[field]
                self._options = options
                return True
        return False

    def _refusal(self, status: int, headers: httpx.Headers, data: bytes) -> PromptError:
        said = _message(data)
        said = (said.replace(self._key, "(the key)") if self._key else said)[:300]
        about = f"{self._shown}: {status} {httpx.codes.get_reason_phrase(status)}{f': {said}' if said else ''}"
        if status in _ABOUT_THE_PROMPT:
            return PromptError(about, again=False)
        if status in _BUSY or status >= 500:
            return ModelUnavailable(about, after=_seconds(headers.get("Retry-After")))
        return ModelUnavailable(about, again=False)


def _address(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(f"{base_url.rstrip('/')}/chat/completions")
    except httpx.InvalidURL as error:
        raise ModelUnavailable(f"{base_url!r} is not an address ({error})", again=False) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ModelUnavailable(f"{base_url!r} is not an address; write http://HOST:PORT/v1", again=False)
    return url


def _turn(message: Message) -> dict[str, object]:
    if message.image is None:
        return {"role": message.speaker, "content": message.text}
    picture = {"type": "image_url", "image_url": {"url": data_url(message.image)}}
    return {"role": message.speaker, "content": [picture, {"type": "text", "text": message.text}]}


def data_url(image: Image) -> str:
    """A picture as a JPEG in a `data:` URL, no side longer than `LONGEST_SIDE`."""
    from PIL import Image as Pillow

    picture = Pillow.fromarray(image)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Pillow.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _content(data: bytes) -> str:
    """The text of the first choice. Raises PromptError for what is not an answer, or was cut off."""
    try:
        choice: Any = json.loads(data)["choices"][0]
        content = choice["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise PromptError(f"the answer is not a chat completion: {data[:80]!r}") from error
    if isinstance(content, list):  # some endpoints answer in parts, as they are asked
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if choice.get("finish_reason") == "length":
        raise PromptError(f"the answer did not end within {LONGEST_ANSWER} tokens")
    if choice.get("finish_reason") == "content_filter":
        raise PromptError("the endpoint's content filter withheld the answer", again=False)
    return content if isinstance(content, str) else ""


def _message(data: bytes) -> str:
    """What an endpoint says of a request that it refuses, on one line."""
    try:
        value: Any = json.loads(data)
    except ValueError:
        return " ".join(data[:300].decode(errors="replace").split()) if not data.lstrip().startswith(b"<") else ""
    error = value.get("error", value) if isinstance(value, dict) else value
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or error
    return " ".join(str(error).split())


def _seconds(retry_after: str | None) -> float | None:
    """`Retry-After` as seconds from now: it is a number or a date (RFC 9110, 10.2.3)."""
    if retry_after is None:
        return None
    if re.fullmatch(r"\d{1,9}(?:\.\d+)?", retry_after.strip()):
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
