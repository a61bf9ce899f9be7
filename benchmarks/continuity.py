"""Whether measures of joins find what is wrong with them, and leave alone what is not.

    python -m benchmarks.continuity seams [--drawn 140] [--rendered 20] [--json FILE]

True joins are places where one clip of the tiny family's world was cut in two: clips that were drawn, and clips that
its T2V has rendered. Into each, faults are planted one at a time, and both are measured and judged as a film is, by the
budgets that a film has unless it says otherwise."""

from __future__ import annotations

import argparse
import json
import platform
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from flows.continuity.colour import delta_e, lab
from flows.continuity.frames import linear
from flows.continuity.inside import measure_shot, profile
from flows.continuity.join import measure_join
from flows.measures import MEASURES
from flows.seams.meeting import FRAMES

Clip = npt.NDArray[np.uint8]
FPS = 16
CLIPS = 120
CAST, FLASH, SECOND = 2.0, 1.04, FPS
AFTER_THE_START, BEFORE_THE_END = FRAMES + 1, FRAMES + 2
"""Frames that a join keeps from the ends of a clip."""


@dataclass(frozen=True, slots=True)
class Join:
    """Two shots that meet: the clip until a frame, and from it on. `stranger` is another clip."""

    before: Clip
    after: Clip
    stranger: Clip
    seed: int


def cast(join: Join) -> Join:
    """The later shot has another colour, 2 ΔE2000 away in the mean, in a direction that its seed says."""
    angle = random.Random(join.seed).uniform(0, 2 * np.pi)
    shift = np.array([0, np.cos(angle), np.sin(angle)])
    first = lab(linear(join.after[0]))
    low, high = 0.0, 20.0
    for _ in range(12):
        size = (low + high) / 2
        made = _coded(lab(linear(join.after[:1])) + size * shift)[0]
        low, high = (size, high) if delta_e(first, lab(linear(made))).mean() < CAST else (low, size)
    return Join(join.before, _coded(lab(linear(join.after)) + high * shift), join.stranger, join.seed)


def flash(join: Join) -> Join:
    """The first frame of the later shot has 4 % more light."""
    after = join.after.copy()
    after[0] = _from_light(np.minimum(linear(after[0]) * FLASH, 1.0))
    return Join(join.before, after, join.stranger, join.seed)


def doubled(join: Join) -> Join:
    """The last frame is shown again."""
    return Join(join.before, np.concatenate([join.before[-1:], join.after]), join.stranger, join.seed)


def dropped(join: Join) -> Join:
    """The first frame of the later shot is missing."""
    return Join(join.before, join.after[1:], join.stranger, join.seed)


def cut(join: Join) -> Join:
    """Something else begins."""
    return Join(join.before, join.stranger, join.stranger, join.seed)


def frozen(join: Join) -> Join:
    """The earlier shot stands for a second."""
    middle = len(join.before) // 2
    stand = np.repeat(join.before[middle : middle + 1], SECOND, 0)
    return Join(
        np.concatenate([join.before[:middle], stand, join.before[middle:]]), join.after, join.stranger, join.seed
    )


FAULTS: Mapping[str, tuple[Callable[[Join], Join], str]] = {
    "colour cast of 2 ΔE": (cast, "delta_e"),
    "one doubled frame": (doubled, "doubled"),
    "one dropped frame": (dropped, "dropped"),
    "a flash of 4 %": (flash, "flash"),
    "a cut": (cut, "jump"),
    "a frozen second": (frozen, "frozen"),
}
"""With the measure whose name it has."""


def judged(join: Join) -> dict[str, float]:
    """What is over budget, with its value: at the join, and in the shot before it."""
    return {name: value for name, value in measured(join).items() if MEASURES[name].over(value, MEASURES[name].budget)}


def measured(join: Join) -> dict[str, float]:
    """The measures of the join and of the shot before it; of one that both have, the worse."""
    found = measure_join(join.before[-FRAMES:], join.after[:FRAMES])
    for name, value in shot_before(join).items():
        found[name] = max(value, found.get(name, 0.0))
    return found


_measured: dict[int, tuple[Clip, dict[str, float]]] = {}


def shot_before(join: Join) -> dict[str, float]:
    """The measures of the shot before; of one that was measured, they are known."""
    known = _measured.get(id(join.before))
    if known is None or known[0] is not join.before:
        _measured[id(join.before)] = known = join.before, measure_shot(profile(join.before), FPS)
    return known[1]


def joins(clips: Sequence[Clip], count: int, seed: int) -> Iterator[Join]:
    """So many places in these clips."""
    rng = random.Random(seed)
    for number in range(count):
        clip, stranger = clips[number % len(clips)], clips[(number * 7 + 1) % len(clips)]
        at = rng.randint(AFTER_THE_START, len(clip) - BEFORE_THE_END)
        yield Join(clip[:at], clip[at:], stranger, number)


def drawn(count: int) -> list[Clip]:
    """Clips of the world, as it draws them."""
    from wan.tiny.draw import draw_clip
    from wan.tiny.world import all_scenes

    scenes = random.Random(5).sample(all_scenes(), count)
    return [draw_clip(scene, number) for number, scene in enumerate(scenes)]


def rendered(count: int) -> list[Clip]:
    """Clips as the family's T2V renders them of prompts it was not trained on."""
    from wan.tiny.captions import caption
    from wan.tiny.render import FamilyRenderer
    from wan.tiny.world import held_out_scenes

    scenes = random.Random(6).sample(held_out_scenes(), count)
    renderer = FamilyRenderer.load("t2v-a14b", device="cpu")
    prompts = [caption(scene, random.Random(number)) for number, scene in enumerate(scenes)]
    return list(renderer.render(prompts, range(count)).numpy())


def run(kinds: Mapping[str, Sequence[Join]]) -> dict[str, object]:
    """False alarms and faults that were found, by kind of clip."""
    report: dict[str, object] = {}
    for kind, true in kinds.items():
        alarms = [judged(join) for join in true]
        wrong = [{name: round(value, 3) for name, value in found.items()} for found in alarms if found]
        print(
            f"{kind}: {len(true)} true joins, false alarms {len(wrong)} ({len(wrong) / len(true):.1%}) {wrong[:6]}",
            flush=True,
        )
        lines: dict[str, object] = {"true joins": len(true), "false alarms": len(wrong)}
        for name, (plant, by) in FAULTS.items():
            found = [judged(plant(join)) for join in true]
            seen, called = sum(map(bool, found)), sum(by in each for each in found)
            print(f"  {name}: found {seen / len(true):.1%}, by its name ({by}) {called / len(true):.1%}", flush=True)
            lines[name] = {"found": seen, by: called}
        report[kind] = lines
    return report


def _coded(colours: npt.NDArray[np.float64]) -> Clip:
    """sRGB of L*a*b* `[..., 3]` (the way back of `flows.continuity.colour.lab`)."""
    y = (colours[..., 0] + 16) / 116
    bent = np.stack([y + colours[..., 1] / 500, y, y - colours[..., 2] / 200], -1)
    xyz = np.where(bent**3 > 216 / 24389, bent**3, (116 * bent - 16) / (24389 / 27)) * [0.95047, 1.0, 1.08883]
    matrix = np.array(
        [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
    )
    return _from_light(np.clip(xyz @ matrix.T, 0, 1))


def _from_light(light: npt.NDArray[np.floating]) -> Clip:
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    return np.round(255 * np.clip(coded, 0, 1)).astype(np.uint8)


def main() -> None:
    """Print, and with `--json` write, what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["seams"])
    parser.add_argument("--drawn", type=int, default=140, metavar="N", help="true joins of clips that are drawn")
    parser.add_argument(
        "--rendered", type=int, default=20, metavar="N", help="clips that are rendered, three joins each"
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    began = time.monotonic()
    kinds: dict[str, Sequence[Join]] = {}
    if asked.drawn:
        kinds["drawn"] = tuple(joins(drawn(min(CLIPS, max(2, asked.drawn))), asked.drawn, 1))
    if asked.rendered:
        kinds["rendered"] = tuple(joins(rendered(asked.rendered), 3 * asked.rendered, 2))
    report = {"machine": platform.machine(), **run(kinds), "seconds": round(time.monotonic() - began, 1)}
    if asked.json:
        asked.json.write_text(json.dumps(report, indent=1, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
