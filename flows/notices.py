"""What people are told of while and after films are made: one table, by the word that chooses it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NOTICES: Mapping[str, str] = MappingProxyType(
    {
        "done": "is made",
        "partly": "is made in part",
        "failed": "has failed",
        "review": "waits for review",
        "budget": "has nearly spent its budget",
        "missed": "was missed",
        "skipped": "was skipped",
    }
)
"""What is said of a film, a batch or a schedule: `Spot is made`."""
USUAL = ("done", "partly", "failed", "review", "budget", "missed")
"""Where nobody chooses."""
