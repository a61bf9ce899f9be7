"""The words the tiny family knows; no torch. A plan names the others before anything is rendered."""

from __future__ import annotations

import re
from functools import cache

from wan.tiny import captions

PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"
TEXT_LENGTH = 48
"""Tokens of a prompt; longer ones are cut, shorter ones padded with zero rows, as WAN does with 512."""

EXTRA = (
    "an and of with is its it by to from into through across along above below under over near upon for at on in "
    "scene view shot video film picture image style look mood tone animation animated illustration drawing camera "
    "lens light lighting lights shadow shadows palette colour colours color colors background sky sun moon stars "
    "sea lake river water snow forest trees woods hills field air distance horizon slow slowly quick quickly gentle "
    "gently smooth smoothly soft softly calm calmly quiet quietly bright dark warm cool natural simple clean flat "
    "pastel still static fixed locked wide medium close large larger small little tiny big 35mm 50mm 24mm high low "
    "contrast detailed beautiful cinematic dreamy minimal modern playful texture textured blurry noisy ugly bad "
    "quality distorted watermark text"
)
"""Words that change nothing in the picture but that prompts are full of; captions use many of them."""


def words_of(prompt: str) -> list[str]:
    """A prompt's words as the tokenizer sees them: lower case letters and digits, everything else separates."""
    return re.findall(r"[a-z0-9]+", prompt.lower())


@cache
def known_words() -> tuple[str, ...]:
    """Every word of the vocabulary, sorted."""
    phrases: list[str] = [EXTRA, "a the", *captions.STYLES, *captions.NEGATIVES, *captions.MATERIALS, *captions.ADVERBS]
    tables = (
        captions.SHAPE_WORDS,
        captions.COLOUR_WORDS,
        captions.MOTION_PHRASES,
        captions.PLACE_PHRASES,
        captions.LIGHT_PHRASES,
    )
    phrases += [phrase for table in tables for options in table.values() for phrase in options]
    return tuple(sorted({word for phrase in phrases for word in words_of(phrase)}))


@cache
def _known() -> frozenset[str]:
    return frozenset(known_words())


def unknown_words(prompt: str) -> list[str]:
    """The prompt's words that the tiny family has never seen, in order, each once."""
    return list(dict.fromkeys(word for word in words_of(prompt) if word not in _known()))
