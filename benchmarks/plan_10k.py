"""How long `wanflow plan` takes for a storyboard of 10,000 shots, each with template, cast, continuity and an asset of
its own, with 10,000 finished takes in the store and a film to compare with.

    python benchmarks/plan_10k.py [--shots 10000] [--keep FOLDER]

Prints seconds and peak memory as JSON: `first` with nothing remembered, `again` with digests remembered, `changed`
after one prompt near the top was edited (a chain of 100 shots follows). The bars: 10 s in all, planning itself 2 s,
700 MB, on two cores. A checkpoint folder without weights stands in for the real one.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

HEADER = """storyboard: 1
title: Ten thousand shots
seed: 7
format: {size: 1280x720, fps: 16}
variables: {product: boat, place: water}
look: {style: cut-paper animation, negative: blurry, lighting: soft light}
cast:
  boat: {description: "a white paper {{ product }}"}
  kite: {description: a red kite}
shot_defaults: {duration: 2s, continuity: {from: previous, by: last_frame}}
scenes:
"""
SCENE = "  - id: scene_{scene}\n    setting: over {{{{ place }}}} at noon\n    shots:\n"
SHOT = """      - id: shot_{shot}
        prompt: <boat> {{{{ product | title }}}} number {number} moves left to right while <kite> rises
        {key}: assets/shot_{number}.png
        seed: {number}
"""
RECORD = json.dumps(dict.fromkeys(("video", "latents", "last_frame", "thumbnail"), "0" * 64))


def write_storyboard(folder: Path, shots: int) -> Path:
    """Scenes of 100 shots: the first starts from a picture, the others go on from the one before to a picture."""
    from PIL import Image

    (folder / "assets").mkdir(parents=True, exist_ok=True)
    parts = [HEADER]
    for number in range(shots):
        colour = (number % 256, number // 256 % 256, 90)
        Image.new("RGB", (256, 144), colour).save(folder / "assets" / f"shot_{number}.png")
        scene, shot = divmod(number, 100)
        if shot == 0:
            parts.append(SCENE.format(scene=scene))
        parts.append(SHOT.format(shot=shot, number=number, key="end_image" if shot else "image"))
    path = folder / "ten_thousand.yaml"
    path.write_text("".join(parts))
    return path


def write_checkpoints(root: Path) -> None:
    """What planning looks at of a checkpoint: configurations, headers and the digest of weights, here of no tensors."""
    from wan.families import FAMILIES
    from wan.variants import VARIANTS

    for variant, role in FAMILIES["tiny"].roles.items():
        for name, kind in VARIANTS[variant].components.items():
            folder = root / role.shared.get(name, f"{role.folder}/{name}")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "config.json").write_text(json.dumps({"_class_name": kind.class_name, **kind.config}))
            (folder / "tokenizer.json").write_text("{}")
            (folder / "model.safetensors").write_bytes(_no_weights(f"{variant} {name}"))
        (root / role.folder / "model_index.json").write_text("{}")


def _no_weights(note: str) -> bytes:
    """A safetensors file of a header alone."""
    header = json.dumps({"__metadata__": {"of": note}}).encode()
    return len(header).to_bytes(8, "little") + header


def finish(folder: Path, path: Path, overrides: list[str]) -> None:
    """Writes a record for every clip, and remembers the film, as if it had been rendered."""
    from flows import load, plan
    from flows.api import store_of
    from flows.planning import past_of
    from flows.resolve.memory import remember
    from flows.store.layout import record_key

    made = plan(load(path, overrides))
    for clip in made.clips:
        place = folder / "store" / record_key(clip.fingerprint)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(RECORD)
    remember(store_of(made.settings), made.storyboard, past_of(made))


def measure(path: Path, overrides: list[str]) -> dict[str, object]:
    """One process that loads and plans, with a clock at every stage, as the child of this one."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", str(path), *overrides], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    result: dict[str, object] = json.loads(done.stdout)
    return result


def command(path: Path, overrides: list[str]) -> float:
    """Seconds of the whole command, from start to exit."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "plan", str(path), *overrides, "--json"],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return round(time.perf_counter() - begin, 2)


def child(path: str, overrides: list[str]) -> None:
    begin = time.perf_counter()
    from flows.api import load, store_of
    from flows.planning import make_plan, plan_to_json
    from flows.resolve import resolve

    imported = time.perf_counter()
    project = load(path, overrides)
    loaded = time.perf_counter()
    snapshot = resolve(project.storyboard, project.settings, store_of(project.settings))
    resolved = time.perf_counter()
    made = make_plan(project.storyboard, project.settings, snapshot)
    planned = time.perf_counter()
    text = json.dumps(plan_to_json(made))
    print(
        json.dumps(
            {
                "import": round(imported - begin, 2),
                "load": round(loaded - imported, 2),
                "resolve": round(resolved - loaded, 2),
                "plan": round(planned - resolved, 2),
                "json": round(time.perf_counter() - planned, 2),
                "sum": round(time.perf_counter() - begin, 2),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "json_mb": round(len(text) / 1e6, 1),
                "cached": made.totals.cached,
                "takes": made.totals.takes,
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="write the film here and leave it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        path = write_storyboard(folder, options.shots)
        write_checkpoints(folder / "checkpoints")
        overrides = [f"model.root={folder / 'checkpoints'}", f"store.address={folder / 'store'}"]
        results: dict[str, object] = {"first": measure(path, overrides)}
        finish(folder, path, overrides)
        time.sleep(2)  # files this young are not remembered
        measure(path, overrides)
        results["again"] = measure(path, overrides)
        results["changed"] = measure(path, [*overrides, "storyboard.scenes.0.shots.0.prompt=a red box falls"])
        results["command"] = command(path, overrides)
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3:])
    else:
        main()
