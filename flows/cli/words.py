"""How numbers are said."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def count(number: int, thing: str, plural: str | None = None) -> str:
    """`1 shot`, `12 shots`, `1,200 shots`."""
    return f"{number:,} {thing if number == 1 else plural or thing + 's'}"


def size_of(number_of_bytes: float) -> str:
    """`512 B`, `3.4 MB`, `12 GB`, `1.2 TB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if number_of_bytes < 1000:
            return f"{number_of_bytes:.3g} {unit}"
        number_of_bytes /= 1000
    return f"{number_of_bytes:.3g} TB"
