"""Do colours drift along a chain of shots, and does anchoring stop it? The tiny family, each shot from the last frame.

    python -m benchmarks.continuity_anchor FOLDER [--shots 10] [--seeds 4] [--steps 12] [--cast 0] [--json FILE]

Renders chains of shots twice, with `anchor: none` and with the anchor of before, by the renderer of a worker, in this
process, into a store in FOLDER: run again, it goes on where it was. Prints how far the backdrop's colours (which stand
still; the median over time of each pixel) are from those of the first shot, ΔE (CIE 1976) of the pixel in the middle,
at every shot, the step at the joins, and what the judge reads of the last one. `--cast`: each clip that goes on is
decoded with a cast of so many ΔE, as of a model that drifts more than the tiny one. 4 seeds: 76 clips of about 8 s of
one core, so 6 minutes of two that have nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from flows import load, plan
from flows.cluster.anchored import Looks, anchored_frames
from flows.media import read_video
from flows.planning.model import Plan, PlannedShot
from flows.store import Store, open_store
from tests.flows.cluster.tinted import TintedRenderer
from tests.flows.continuity.casts import Frames, cast, usual_delta_e
from wan.system.host import cores
from wan.tiny.judge import judge
from wan.tiny.measure import cases
from wan.tiny.world import Scene

HUES = 2.399963
"""The golden angle: every chain has a cast of a hue of its own."""
WAYS = "moves left to right", "moves right to left"
PLACES = {"water": "over water", "snow": "over snow", "forest": "in a forest"}


class Quiet:
    """A report that nobody reads."""

    def progress(self, stage: str, step: int, steps: int) -> None: ...

    def should_stop(self) -> bool:
        return False


@dataclass(frozen=True)
class Chain:
    """One film of shots that go on from each other; `anchored`: whether colours are held."""

    scene: Scene
    seed: int
    shots: int
    steps: int
    anchored: bool

    def write(self, folder: Path) -> Path:
        path = folder / f"{'held' if self.anchored else 'plain'}-{self.seed}.yaml"
        head = f"storyboard: 1\ntitle: {path.stem}\nseed: {self.seed}\nshot_defaults: {{duration: 2s"
        head += f", sampling: {{num_inference_steps: {self.steps}}}"
        head += f", continuity: previous{'' if self.anchored else ', anchor: none'}}}\nscenes:\n  - id: chain\n"
        thing = f"a {self.scene.colour} {self.scene.shape}"
        setting = f"{PLACES[self.scene.place]} at {self.scene.light}"
        prompts = [f"{thing} {WAYS[number % 2]}" for number in range(self.shots)]
        shots = "".join(f"      - {{prompt: {prompt}}}\n" for prompt in prompts)
        path.write_text(f"{head}    setting: {setting}\n    shots:\n{shots}", encoding="utf-8")
        return path


def tint_of(size: float, number: int) -> tuple[float, float, float]:
    """A cast of `size` ΔE, half of it in lightness, in a hue of its own."""
    chroma = size * math.sqrt(0.75)
    return size / 2, chroma * math.cos(number * HUES), chroma * math.sin(number * HUES)


def render(made: Plan, renderer: TintedRenderer, store: Store) -> float:
    """Every clip that the store lacks, in its order; the seconds that took."""
    began = time.perf_counter()
    for clip in made.clips:
        if store.record(clip.fingerprint) is None:
            store.publish(renderer.render(clip, store, Quiet()))
    return time.perf_counter() - began


def decoded(shot: PlannedShot, store: Store) -> Frames:
    """All frames of its clip, the hidden one too."""
    (clip,) = shot.takes[0].clips
    record = store.record(clip.fingerprint)
    assert record is not None, "it was rendered"
    return np.stack(list(read_video(store.local_path(record.video))))


def backdrop(frames: Frames) -> Frames:
    """What is behind that which moves."""
    behind: Frames = np.median(frames, axis=0).astype(np.uint8)
    return behind


def figures(chain: Chain, made: Plan, store: Store) -> dict[str, Any]:
    """Of each shot but the first: how far its backdrop is from the first one's, and the frame that it shows again from
    the one that it was handed; and whether the last one is read as what it is."""
    clips = [decoded(shot, store) for shot in made.shots]
    first = backdrop(clips[0])
    joins = []
    for before, shot, after in zip(clips, made.shots, clips[1:], strict=False):
        clip = shot.takes[0].clips[0]
        joins.append(usual_delta_e(before[clip.skip_first + clip.keep - 1], after[0]))
    last = judge(clips[-1])
    read = {
        "shape": last.shape == chain.scene.shape,
        "colour": last.colour == chain.scene.colour,
        "place": (last.place, last.light) == (chain.scene.place, chain.scene.light),
    }
    return {"apart": [usual_delta_e(backdrop(clip), first) for clip in clips[1:]], "joins": joins, "read": read}


def summed(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means over the chains."""
    apart = np.mean([each["apart"] for each in found], axis=0)
    right = {name: sum(each["read"][name] for each in found) for name in ("shape", "colour", "place")}
    return {
        "apart": [round(float(one), 2) for one in apart],
        "last": round(float(apart[-1]), 2),
        "worst": round(max(each["apart"][-1] for each in found), 2),
        "join": round(float(np.mean([each["joins"] for each in found])), 2),
        "read of the last": {name: f"{count} of {len(found)}" for name, count in right.items()},
    }


def milliseconds(made: Plan, store: Store) -> float:
    """Of a processor, to hold one frame of the last shot to its anchor."""
    clip = made.shots[-1].takes[0].clips[0]
    frames, looks = decoded(made.shots[-1], store), Looks()
    anchored_frames(clip, frames, store, looks)
    off = cast(frames, *tint_of(3.0, 0))
    began = time.process_time()
    anchored_frames(clip, off, store, looks)
    return 1000 * (time.process_time() - began) / len(frames)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shots", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--cast", type=float, default=0.0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    folder: Path = given.folder / f"cast-{given.cast:g}-steps-{given.steps}"
    folder.mkdir(parents=True, exist_ok=True)
    address = str((folder / "store").resolve())
    store, renderer = open_store(address), TintedRenderer(threads=cores(), family="tiny", device="cpu")
    results: dict[str, Any] = {"shots": given.shots, "seeds": given.seeds, "steps": given.steps, "cast": given.cast}
    for anchored in (False, True):
        found, seconds = [], 0.0
        for number, case in enumerate(cases(given.seeds)):
            chain = Chain(case.scene, case.seed, given.shots, given.steps, anchored)
            made = plan(load(chain.write(folder), ["model=tiny", f"store.address={address}"]))
            renderer.tint = tint_of(given.cast, number)
            seconds += render(made, renderer, store)
            found.append(figures(chain, made, store))
            print(
                "held" if anchored else "plain", case.prompt, [round(one, 1) for one in found[-1]["apart"]], flush=True
            )
        results["held" if anchored else "plain"] = summed(found) | {"seconds": round(seconds)}
    results["ms a frame"] = round(milliseconds(made, store), 2)
    results["ratio"] = round(results["held"]["last"] / results["plain"]["last"], 3)
    print(json.dumps(results, indent=1))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
