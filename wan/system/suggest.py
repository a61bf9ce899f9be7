"""Did you mean: the name that was wanted where one is written that does not exist, by synonyms or by spelling."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # keys of a shot
        "text": ("prompt", "caption"),
        "description": ("prompt",),
        "positive": ("prompt",),
        "positive_prompt": ("prompt",),
        "negative_prompt": ("negative",),
        "neg": ("negative",),
        "length": ("duration",),
        "seconds": ("duration",),
        "start_image": ("image",),
        "first_frame": ("image",),
        "first_image": ("image",),
        "picture": ("image",),
        "photo": ("image",),
        "last_image": ("end_image",),
        "last_frame": ("end_image",),
        "subtitle": ("caption",),
        "subtitles": ("caption",),
        "sound": ("audio",),
        "voice": ("audio", "voiceover"),
        "speech": ("audio", "voiceover"),
        "narration": ("voiceover",),
        "song": ("music",),
        "continue": ("continuity",),
        "continues": ("continuity",),
        "lora": ("loras",),
        "model": ("variant",),
        # keys of a film
        "name": ("title",),
        "version": ("storyboard",),
        "characters": ("cast",),
        "actors": ("cast",),
        "vars": ("variables",),
        "defaults": ("shot_defaults",),
        "output": ("deliver",),
        "outputs": ("deliver",),
        "audio_track": ("soundtrack",),
        "resolution": ("size",),
        "frame_rate": ("fps",),
        "framerate": ("fps",),
        "codec": ("video",),
        "volume": ("gain_db",),
        # sampling
        "steps": ("num_inference_steps",),
        "cfg": ("guidance_scale",),
        "guidance": ("guidance_scale",),
        "shift": ("flow_shift",),
        "boundary": ("boundary_ratio",),
        "scheduler": ("solver",),
        "sampler": ("solver",),
        # transitions
        "crossfade": ("dissolve",),
        "cross_dissolve": ("dissolve",),
        "crossdissolve": ("dissolve",),
        "xfade": ("dissolve",),
        "mix": ("dissolve",),
        "blend": ("dissolve",),
        "fade": ("fade_black", "fade_white"),
        "fade_to_black": ("fade_black",),
        "dip": ("fade_black",),
        "fade_to_white": ("fade_white",),
        "flash": ("fade_white",),
        "wipe": ("wipe_left", "wipe_right"),
        "slide": ("slide_left", "slide_right"),
        "push": ("slide_left", "slide_right"),
        "circle": ("circle_open", "circle_close"),
        "clock": ("clock_wipe",),
        "none": ("cut",),
        "hard": ("cut",),
        # continuity
        "frame": ("last_frame",),
        "last": ("last_frame",),
        # codecs and solvers
        "avc": ("h264",),
        "x264": ("h264",),
        "mp4": ("h264",),
        "hevc": ("h265",),
        "x265": ("h265",),
        "dpm++": ("dpmpp",),
        # settings
        "gpu": ("cuda",),
        "gpus": ("gpus_per_worker", "cluster.gpus_per_worker"),
        "cpus": ("cpus_per_worker", "cluster.cpus_per_worker"),
        "path": ("address",),
        "folder": ("address",),
        "bucket": ("address",),
    }
)
"""What people and other tools call ours. Suggested where such a thing can be named; a word may be several things."""

MOST = 2000
"""Of more names than this no one knows which was meant, and comparing them all takes time."""
SHORT = 5
"""A misspelt word up to this long has one mistake: `logo` is not a misspelt `look`."""


def suggestions(word: str, known: Collection[str]) -> list[str]:
    """What was probably meant, best first: every synonym that is known, else the one name most like it in spelling;
    nothing if none is like it."""
    wanted = word.lower()[:64]
    simple = wanted.replace("-", "_").replace(" ", "_")
    if meant := [name for name in SYNONYMS.get(simple, ()) if name in known]:
        return meant
    options = {option.lower(): option for option in reversed([*known][:MOST])}
    begun = [name for name in reversed(options) if len(wanted) > 2 and name.startswith(wanted)]
    close = difflib.get_close_matches(wanted, options, n=3, cutoff=0.6)
    likely = [name for name in close if len(wanted) > SHORT or _one_edit_apart(wanted, name)]
    return [options[name] for name in (likely or begun)[:1]]


def _one_edit_apart(one: str, other: str) -> bool:
    """Whether one letter was left out, added or mistaken, or two neighbours changed places."""
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    mine, its = one[start:], other[start:]
    return mine[1:] in (its, its[1:]) or mine == its[1:] or (mine[1::-1] + mine[2:] == its and len(mine) > 1)


def did_you_mean(word: str, known: Collection[str], otherwise: str = "", shown: Callable[[str], object] = str) -> str:
    """`did you mean a or b?`, each as `shown` writes it, or `otherwise` if nothing known is like the word."""
    names = suggestions(word, known)
    return f"did you mean {' or '.join(str(shown(name)) for name in names)}?" if names else otherwise
