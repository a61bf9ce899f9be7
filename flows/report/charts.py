"""Charts as plain numbers for a template that draws them in SVG: columns and lines over time. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1000.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 8.0, 10.0, 26.0
MOST_LABELS = 14
"""Words below a chart; of more columns only some have one."""
SERIES = 6
"""Colours that there are."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a column: `kind` is its colour, `said` what is told of it."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class Line:
    """A series: `path` as SVG has it, `points` with what is told of each."""

    name: str
    kind: str
    path: str
    points: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """`ticks` are heights with their words, `labels` places below with theirs."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str], ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    bottom: float = HEIGHT - BOTTOM


def columns(names: Sequence[str], parts: Mapping[str, Sequence[float]], unit: str) -> Chart:
    """A column for each name, its parts (by kind) on top of each other."""
    sums = [sum(each) for each in zip(*parts.values(), strict=True)]
    top = ticks(max(sums, default=0.0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(names))
    thick = min(step * 0.72, 56.0)
    bars: list[Bar] = []
    for index, name in enumerate(names):
        below = 0.0
        for kind, values in parts.items():
            value = values[index]
            if value > 0:
                y = _y(below + value, top)
                said = f"{name}: {short(value)} {unit}" + (f", {kind}" if len(parts) > 1 else "")
                height = max(_y(below, top) - y, 0.5)
                bars.append(Bar(round(LEFT + step * (index + 0.5) - thick / 2, 2), y, thick, height, kind, said))
                below += value
    return Chart(tuple(bars), (), _heights(top, unit), _labels(names, step))


def lines(names: Sequence[str], series: Mapping[str, Sequence[float | None]], unit: str) -> Chart:
    """A line for each series over the names; where it has no value it goes on to the next one that it has."""
    top = ticks(max((value for values in series.values() for value in values if value is not None), default=0.0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(names))
    drawn: list[Line] = []
    for number, (name, values) in enumerate(series.items()):
        points = tuple(
            (round(LEFT + step * (index + 0.5), 2), _y(value, top), f"{name}, {names[index]}: {short(value)} {unit}")
            for index, value in enumerate(values)
            if value is not None
        )
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y, _ in points) if points else ""
        drawn.append(Line(name, f"s{number % SERIES}", path, points))
    return Chart((), tuple(drawn), _heights(top, unit), _labels(names, step))


def ticks(greatest: float) -> list[float]:
    """Round numbers from 0 to what is not less than the greatest: 1, 2 or 5 times a power of ten apart."""
    if greatest <= 0:
        return [0.0, 1.0]
    rough = greatest / 4
    power: float = 10.0 ** math.floor(math.log10(rough))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough * 0.999)
    return [round(step * index, 12) for index in range(math.ceil(greatest / step * 0.9999) + 1)]


def short(value: float) -> str:
    """Three digits that count, and no exponent: `0.042`, `1,250`."""
    if value >= 100 or value == 0:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _y(value: float, top: Sequence[float]) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top[-1], 2)


def _heights(top: Sequence[float], unit: str) -> tuple[tuple[float, str], ...]:
    return tuple((_y(value, top), f"{short(value)}{unit if unit == '%' else ''}") for value in top)


def _labels(names: Sequence[str], step: float) -> tuple[tuple[float, str], ...]:
    every = max(1, math.ceil(len(names) / MOST_LABELS))
    return tuple(
        (round(LEFT + step * (index + 0.5), 2), name) for index, name in enumerate(names) if index % every == 0
    )
