"""How numbers are said to people: lengths of time, moments, counts, sizes of files. The one place for it."""

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


def moment(seconds: float) -> str:
    """A moment of a film: `0:07.5`, `61:07.0`."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02}.{tenths % 10}"


def clock(seconds: float) -> str:
    """Time passed or left, to the second: `0:07`, `1:02:07`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def money(value: float, currency: str) -> str:
    """`12.40 EUR`, `1,204.00 USD`; what is less than a tenth with two digits that count: `0.0042 EUR`."""
    return f"{value:,.2f} {currency}" if value == 0 or abs(value) >= 0.095 else f"{value:.2g} {currency}"


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
