"""What a shot's `motion` may hold together: a driving video, or the videos that are made of one."""

from __future__ import annotations

from collections.abc import Iterator

from flows.storyboard.records import Values

MOTION_VIDEOS = ("video", "pose", "face", "background", "mask")
_READY_MADE = MOTION_VIDEOS[1:]


def motion_mistakes(written: Values, *, speaks: bool = False) -> Iterator[tuple[str, str, str]]:
    """What contradicts itself: the key it is written under, what is wrong, what to do.

    Who `speaks` (S2V) moves as a pose alone says: the face follows the sound.
    """
    given = [name for name in _READY_MADE if name in written.places]
    if "video" in written.places:
        for name in given:
            yield name, f"`{name}` is made from `video`: give one of them", f"remove {name}, or video"
    elif not given:
        yield "", "motion is empty", "give a driving video, or pose and face"
    elif not (speaks and given == ["pose"]):
        yield from _ready_made(written, given)
    yield from _retarget(written)


def _ready_made(written: Values, given: list[str]) -> Iterator[tuple[str, str, str]]:
    for name, other in (("pose", "face"), ("face", "pose"), ("background", "mask"), ("mask", "background")):
        if name in given and other not in given:
            yield name, f"a ready-made `{name}` needs its `{other}`", f"add {other}:"
    if "pose" not in given and "face" not in given:
        yield given[0], f"`{given[0]}` alone moves nobody", "add pose: and face:"
    replaces = "background" in given or "mask" in given
    if written.get("mode") == "replace" and not replaces:
        yield "mode", "to replace a person takes the scene without them", "add background: and mask:"
    if written.get("mode") == "animate" and replaces:
        yield "mode", "a background is used when a person is replaced", "remove background and mask, or mode"


def _retarget(written: Values) -> Iterator[tuple[str, str, str]]:
    if not written.get("retarget"):
        return
    if "video" not in written.places:
        yield "retarget", "a ready-made pose cannot be fitted to another body", "remove retarget, or give video"
    elif written.get("mode") == "replace":
        yield "retarget", "a person who is replaced keeps the motion as it is", "remove retarget"
