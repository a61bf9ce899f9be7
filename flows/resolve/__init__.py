"""The only stage that may look at the world: assets, checkpoints, what the store has and how long things took."""

from flows.resolve.look import family_of, look_at_all_headers, look_at_headers, resolve, resolve_all
from flows.resolve.snapshot import OnPrompt, PastShot, Snapshot

__all__ = [
    "OnPrompt",
    "PastShot",
    "Snapshot",
    "family_of",
    "look_at_all_headers",
    "look_at_headers",
    "resolve",
    "resolve_all",
]
