"""The token for a hub: of the environment, or where `hf auth login` put it."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from wan.hub.hubs import Hub


def token_for(hub: Hub, endpoint: str | None = None) -> str | None:
    """The token to send to a hub, or to the mirror at `endpoint`; None: there is none for it.

    A token that lies in a file was made for the hub alone, and no mirror gets it; one in the environment is sent to the
    mirror that is named beside it.
    """
    if token := os.environ.get(hub.token_variable, "").strip():
        return token
    if hub.name != "huggingface" or (endpoint and _place(endpoint) != _place(hub.endpoint)):
        return None
    from huggingface_hub import get_token  # knows HF_HOME and HF_TOKEN_PATH; slow to import

    return get_token()


def _place(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc
