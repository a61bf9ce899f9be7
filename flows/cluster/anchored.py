"""Decoded frames held to the colours of their anchor, before they are written and handed on, so that nothing adds up.

What a clip carries on beside its frames (latents) stays as it was denoised: of variants that go on from tensors no clip
has an anchor (`flows.planning.anchors`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from flows.clips import ColourAnchor
from flows.cluster.requests import handed_off
from flows.continuity.anchoring import Frame, Look, anchored, look_of
from flows.continuity.transfer import Frames
from flows.media import frames_at, load_image
from flows.planning.model import Clip
from flows.store import Store
from flows.store.handed import handing_clips

LOOK_FRAMES = 3
"""Of a clip, its look is read from so many frames,"""
LOOK_SECONDS = 0.5
"""which lie in so much of it, up to the one that is named."""
MOST_LOOKS = 64


class Looks:
    """The looks that a worker has read, by digest and frame: a chain asks for the same one again and again."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], Look] = OrderedDict()

    def get(self, digest: str, frame: int, read: Callable[[], Look]) -> Look:
        """The look, read if it is not known."""
        key = digest, frame
        if key not in self._known:
            self._known[key] = read()
        self._known.move_to_end(key)
        if len(self._known) > MOST_LOOKS:
            self._known.popitem(last=False)
        return self._known[key]


def anchored_frames(clip: Clip, frames: Frames, store: Store, looks: Looks) -> Frames:
    """The clip's frames uint8 `[F, H, W, 3]`, held to its anchor if it has one. Raises BlobMissing, MediaError."""
    anchor = clip.spec.anchor
    if anchor is None:
        return frames
    before, at = _shown_again(clip, store)
    held, _ = anchored(
        frames, _look(anchor, store, looks), strength=anchor.strength, fps=clip.fps, goes_on_from=before, at=at
    )
    return held


def _look(anchor: ColourAnchor, store: Store, looks: Looks) -> Look:
    if anchor.look is None:
        assert anchor.picture is not None, "an anchor is a look or a picture"
        picture = store.local_path(anchor.picture)
        return looks.get(anchor.picture, -1, lambda: look_of([load_image(picture)]))
    record = handing_clips(anchor.look, store)[-1]
    last = anchor.look.frame if anchor.look.frame >= 0 else record.num_frames - 1
    step = max(1, round(LOOK_SECONDS * record.fps / (LOOK_FRAMES - 1)))
    wanted = sorted({max(0, last - step * number) for number in range(LOOK_FRAMES)})
    return looks.get(record.video, last, lambda: look_of(frames_at(store.local_path(record.video), wanted)))


def _shown_again(clip: Clip, store: Store) -> tuple[Frame | None, int]:
    """The frame of before that the clip shows again, if there is one, and which of its own frames that is."""
    hand_off = clip.spec.hand_off
    if hand_off is None or hand_off.what not in ("frame", "frames"):
        return None, 0
    return handed_off(hand_off, store), hand_off.count - 1
