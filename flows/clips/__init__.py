"""A clip is what a worker renders in one go. What decides its pixels is one value; its fingerprint is of all of it."""

from flows.clips.fingerprint import fingerprint
from flows.clips.spec import SEEDS, ClipLora, ClipSpec, ColourAnchor, HandOff, Medium

__all__ = ["SEEDS", "ClipLora", "ClipSpec", "ColourAnchor", "HandOff", "Medium", "fingerprint"]
