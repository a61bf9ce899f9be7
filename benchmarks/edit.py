"""How long the edit of a film takes: one ffmpeg run from the lossless clips, against a file a clip and a concat.

    python benchmarks/edit.py --shots 12 --shots 60 --size 256x144 --film 1280x720

The usual way (`naive`) encodes every clip by itself and then joins the files; it has no dissolves, and its sound, cut
into clips, drifts. Both use the same ffmpeg, preset and quality. Prints one line a film.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from flows.edit import Entry, Piece, Timeline, edit_film, find_ffmpeg
from flows.media import probe_audio, probe_video, write_clip
from flows.settings import FilmSettings
from flows.storyboard.model import Music

FRAMES = 33
RATE = Fraction(16)
BED = Path(__file__).parent.parent / "storyboards" / "assets" / "bed.m4a"


def clips(folder: Path, count: int, width: int, height: int) -> list[Path]:
    """Clips of a moving gradient, a different one each."""
    rows, columns = np.mgrid[:height, :width]
    paths = []
    for number in range(count):
        frames = (
            np.stack([columns + 3 * k, rows + 20 * number, (columns + rows) // 3 + k], -1).astype(np.uint8)
            for k in range(FRAMES)
        )
        paths.append(write_clip(frames, float(RATE), folder / f"{number}.mkv"))
    return paths


def timeline(paths: list[Path], size: tuple[int, int], film: tuple[int, int], overlap: int) -> Timeline:
    entries: list[Entry] = []
    for number, path in enumerate(paths):
        shared = overlap if number % 2 else 0
        entries.append(
            Entry(
                shot=f"scene.shot-{number}",
                pieces=(Piece(path, 0, FRAMES),),
                frames=FRAMES,
                start=entries[-1].end - shared if entries else 0,
                rate=RATE,
                width=size[0],
                height=size[1],
                transition="dissolve" if shared else "cut",
                overlap=shared,
            )
        )
    music = Music(BED, -6.0, 0.5, 1.5)
    return Timeline(title="A film", width=film[0], height=film[1], rate=RATE, entries=tuple(entries), music=music)


def naive(paths: list[Path], film: tuple[int, int], folder: Path, binary: Path, settings: FilmSettings) -> None:
    quiet = [str(binary), "-y", "-nostdin", "-loglevel", "error"]
    scaled = f"scale={film[0]}:{film[1]}:flags=lanczos,format=yuv420p"
    for path in paths:
        encoder = ["-c:v", "libx264", "-preset", settings.preset, "-crf", str(settings.crf)]
        subprocess.run([*quiet, "-i", path, "-vf", scaled, *encoder, folder / f"{path.stem}.mp4"], check=True)
    listing = folder / "list.txt"
    listing.write_text("".join(f"file '{path.stem}.mp4'\n" for path in paths))
    joined = [
        "-f",
        "concat",
        "-i",
        listing,
        "-stream_loop",
        "-1",
        "-i",
        BED,
        "-c:v",
        "copy",
        "-c:a",
        "aac",
        "-shortest",
    ]
    subprocess.run([*quiet, *joined, folder / "naive.mp4"], check=True)


def parse_size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def measure(shots: int, size: tuple[int, int], film: tuple[int, int], settings: FilmSettings) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = clips(folder, shots, *size)
        cut, mixed = timeline(paths, size, film, 0), timeline(paths, size, film, 8)
        begin = time.perf_counter()
        edit_film(mixed, folder / "mixed.mp4", settings)
        dissolves = time.perf_counter() - begin
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        begin = time.perf_counter()
        output = edit_film(cut, folder / "film.mp4", settings)
        cuts = time.perf_counter() - begin
        begin = time.perf_counter()
        naive(paths, film, folder, find_ffmpeg(settings), settings)
        usual = time.perf_counter() - begin
        facts = probe_video(output)
        drift = abs(probe_audio(output) - facts.num_frames / facts.fps)
        return (
            f"{shots:4} shots  {facts.num_frames:6} frames  cuts {cuts:6.1f} s  dissolves {dissolves:6.1f} s  "
            f"naive {usual:6.1f} s  peak {memory:5.0f} MB  sound and picture {1000 * drift:4.1f} ms apart"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=int, action="append")
    parser.add_argument("--size", type=parse_size, default=(256, 144))
    parser.add_argument("--film", type=parse_size, default=(1280, 720))
    parser.add_argument("--preset", default="veryfast")
    parser.add_argument("--crf", type=int, default=18)
    chosen = parser.parse_args()
    settings = FilmSettings(outputs=Path(), subfolder=None, crf=chosen.crf, preset=chosen.preset, ffmpeg=None)
    for shots in chosen.shots or [7, 40, 200]:
        print(measure(shots, chosen.size, chosen.film, settings), flush=True)


if __name__ == "__main__":
    main()
