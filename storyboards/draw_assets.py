"""Draws the pictures that the example storyboards start from and end on: `python storyboards/draw_assets.py`."""

from pathlib import Path

from PIL import Image

from wan.tiny.draw import draw_batch, stage
from wan.tiny.world import HEIGHT, NUM_FRAMES, WIDTH, Scene

ASSETS = Path(__file__).parent / "assets"
PICTURES = {
    "boat_at_dusk.png": (Scene("boat", "white", "water", "dusk", "right_to_left"), 1, 0),
    "boat_left.png": (Scene("boat", "white", "water", "dusk", "left_to_right"), 1, 0),
    "boat_right.png": (Scene("boat", "white", "water", "dusk", "left_to_right"), 1, NUM_FRAMES - 1),
}
"""File name → what it shows, the seed of its staging, and the frame of that clip."""


def main() -> None:
    """Write every picture of `PICTURES`."""
    for name, (scene, seed, frame) in PICTURES.items():
        video, _ = draw_batch(
            [stage(scene, seed)], frames=range(frame, frame + 1), width=WIDTH, height=HEIGHT, device="cpu"
        )
        pixels = ((video[0, :, 0].permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255).byte().numpy()
        Image.fromarray(pixels).save(ASSETS / name, optimize=True)


if __name__ == "__main__":
    main()
