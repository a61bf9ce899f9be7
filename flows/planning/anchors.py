"""What the colours of a clip are held to, so that they do not drift along a chain. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.clips import ColourAnchor, HandOff
from flows.shots.inputs import is_led
from flows.storyboard.model import Shot
from wan.variants import Variant

if TYPE_CHECKING:
    from flows.planning.model import Clip, Take

STRENGTH = 1.0
"""Of shots that do not say it (docs/decisions/0051)."""


def anchor_of(
    shot: Shot, variant: Variant, look: HandOff | None, digest: Callable[[Path | None], str | None]
) -> ColourAnchor | None:
    """That of a clip of the shot; None where there is nothing to hold it to, or it is not to be held. `look` is what it
    is held to if not to a picture."""
    strength = strength_of(shot, variant)
    picture = digest(shot.anchor.to) if shot.anchor else None
    if strength <= 0 or (picture is None and look is None):
        return None
    return ColourAnchor(strength, None if picture else look, picture)


def strength_of(shot: Shot, variant: Variant) -> float:
    """0 for what goes on from tensors, which no correction of pixels reaches: they would drift on beneath it. What is
    led to given colours, by an end image, a keyframe or a video, is not held to others unless the shot says so."""
    if variant.chained == "carried":
        return 0.0
    if shot.anchor is not None and shot.anchor.strength is not None:
        return shot.anchor.strength
    ends = shot.end_image is not None or shot.leads_to is not None
    led = ends or shot.video is not None or is_led(shot)
    return 0.0 if led and not (shot.anchor and shot.anchor.to) else STRENGTH


def look_after(shot: Shot, takes: Sequence[Take], look: HandOff | None) -> HandOff:
    """What those are held to that go on from the shot, which itself was held to `look`: to the same; to how its first
    clip ends if it began the chain, and to how all of it ends if it changed the light."""
    clips = takes[0].clips
    if shot.anchor is not None and shot.anchor.strength == 0:
        return _up_to(takes, len(clips) - 1)
    return _up_to(takes, 0) if look is None else look


def _up_to(takes: Sequence[Take], number: int) -> HandOff:
    """The last frame that the film shows of clip `number` of the best of these takes."""
    clips = takes[0].clips
    frame = _last_shown(clips[number])
    if len(takes) == 1:
        return HandOff(((clips[number].fingerprint,),), frame=frame)
    chains = tuple(tuple(clip.fingerprint for clip in take.clips) for take in takes)
    return HandOff(chains, frame=frame, back=len(clips) - 1 - number)


def _last_shown(clip: Clip) -> int:
    """-1: its last."""
    frame = clip.skip_first + clip.keep - 1
    return -1 if frame == clip.spec.num_frames - 1 else frame
