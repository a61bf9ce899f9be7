"""What films of a sweep, and the keys that differ in them, are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from flows.storyboard.build import slug

LONGEST = 80
"""Characters of a film's name."""


def short_keys(keys: Iterable[str]) -> dict[str, str]:
    """Each key by its last part, or as many as tell it from the others: `storyboard.seed` is `seed`."""
    whole = list(dict.fromkeys(keys))
    short: dict[str, str] = {}
    for key in whole:
        parts = key.removeprefix("storyboard.").split(".")
        for count in range(1, len(parts) + 1):
            short[key] = ".".join(parts[-count:])
            if sum(_ends(other, short[key]) for other in whole) == 1:
                break
    return short


def _ends(key: str, short: str) -> bool:
    return f".{key.removeprefix('storyboard.')}".endswith(f".{short}")


def film_names(differences: Sequence[Mapping[str, str]]) -> list[str]:
    """A folder for each film: `seed-1-render-draft`; where two would be one, or are too long, with a digest."""
    short = short_keys(key for difference in differences for key in difference)
    names = [_name(difference, short) for difference in differences]
    times = Counter(names)
    return [
        name if len(name) <= LONGEST and name and times[name] == 1 else _digested(name, difference)
        for name, difference in zip(names, differences, strict=True)
    ]


def _name(difference: Mapping[str, str], short: Mapping[str, str]) -> str:
    words = (word for key, value in difference.items() for word in (slug(short[key]), slug(value)))
    return "-".join(filter(None, words))


def _digested(name: str, difference: Mapping[str, str]) -> str:
    digest = sha256(repr(sorted(difference.items())).encode()).hexdigest()[:8]
    return "-".join(filter(None, (name[: LONGEST - 9].strip("-"), digest)))
