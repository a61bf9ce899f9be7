"""What is repeated of an override: all of it, but of one that says where people are told its name alone.

Addresses of webhooks and mail servers are secrets, and somebody mistypes their keys, too. Pure.
"""

from __future__ import annotations

import re

from wan.system.suggest import suggestions

SECTION = ("notify", "webhook", "smtp")
"""What names of such keys are made of; whatever is like one of them in spelling is taken for it."""
_NAME = re.compile(r"['\"]*(?P<name>[+~]*[\w.-]*)")
_ADDRESS = re.compile(r"['\"]*(?P<scheme>[a-z]+)://", re.IGNORECASE)


def told(text: str) -> str:
    """An override as it may be printed, logged and kept: `notify.webhook=…`."""
    name = name_of(text)
    if is_secret(name):
        return f"{name}=…"
    address = _ADDRESS.match(text)
    return f"{address['scheme']}://…" if address else text


def is_secret(key: str) -> bool:
    """Whether what stands behind a key may be a secret."""
    parts = re.findall(r"\w+", key)
    return parts[:1] != ["storyboard"] and any(suggestions(part, SECTION) for part in parts)


def name_of(text: str) -> str:
    """What is before the value, whatever is written between them."""
    found = _NAME.match(text)
    return found["name"] if found else ""
