"""Draws the pictures, videos and the voice that the example storyboards use: `python storyboards/draw_assets.py`."""

import wave
from pathlib import Path

import av
import numpy as np
import torch
from PIL import Image

from wan.tiny import controls, faces, figures, sounds
from wan.tiny.draw import draw_batch, stage, to_frames
from wan.tiny.world import FPS, HEIGHT, NUM_FRAMES, WIDTH, Scene

ASSETS = Path(__file__).parent / "assets"
PICTURES = {
    "boat_at_dusk.png": (Scene("boat", "white", "water", "dusk", "right_to_left"), 1, 0),
    "boat_left.png": (Scene("boat", "white", "water", "dusk", "left_to_right"), 1, 0),
    "boat_right.png": (Scene("boat", "white", "water", "dusk", "left_to_right"), 1, NUM_FRAMES - 1),
}
"""File name → what it shows, the seed of its staging, and the frame of that clip."""
FACE = faces.FaceStaging(faces.FaceLook("yellow", "blue", "water", "dusk"), 1.0, 0.54, 0.38, 0.006, 1.0)
VOICE_SECONDS, VOICE_SEED = 5.0, 3
LOOK = figures.FigureLook("yellow", "snow", "noon")
DANCE, STANDING, DANCE_SECONDS = 12, 5, 4.0
"""Seeds of the dance and of the pose in the picture, and how long the dance is."""

SAILING = Scene("boat", "white", "water", "dusk", "left_to_right"), 1
CLIMBING = Scene("kite", "red", "snow", "noon", "rises"), 5
"""What steers VACE, and seeds of its stagings: a boat's silhouette; a kite, and a mask around its way with room for a
heart."""


def main() -> None:
    """Write every file."""
    for name, (scene, seed, frame) in PICTURES.items():
        video, _ = draw_batch(
            [stage(scene, seed)], frames=range(frame, frame + 1), width=WIDTH, height=HEIGHT, device="cpu"
        )
        save_picture(name, to_frames(video)[0, 0])
    save_picture("face.png", to_frames(faces.draw_faces([FACE], torch.zeros(1, 1))[0])[0, 0])
    save_sound("voice.wav", sounds.make_sounds(1, VOICE_SECONDS, VOICE_SEED)[0].numpy())
    draw_dance()
    draw_controls()


def draw_dance() -> None:
    """A figure standing somehow, and the videos of a dance: its bones, its face."""
    standing = figures.random_motion(STANDING)
    still = figures.draw_figures(
        [LOOK], figures.joints_of([standing], [0]), torch.tensor([standing.size]), torch.zeros(1), torch.zeros(1, 1)
    )[0]
    save_picture("figure.png", to_frames(still)[0, 0])
    frames = round(DANCE_SECONDS * FPS)
    save_video(
        "dance_pose.mp4",
        to_frames(figures.draw_driving(figures.joints_of([figures.random_motion(DANCE)], range(frames))))[0],
    )
    opening = 0.5 - 0.5 * torch.cos(torch.arange(frames) / FPS * 2 * torch.pi)
    save_video("dance_face.mp4", to_frames(figures.draw_driving_face(opening[None]))[0])


def draw_controls() -> None:
    """A silhouette to follow; a video, and a mask of what shall become something else in it."""
    save_video("boat_silhouette.mp4", controls.silhouette(draw_batch([stage(*SAILING)])[1][0, 0]))
    video, alpha = draw_batch([stage(*CLIMBING)])
    save_video("kite.mp4", to_frames(video)[0])
    save_video("kite_mask.mp4", controls.box_mask(alpha[0, 0], margin=16))


def save_picture(name: str, pixels: np.ndarray) -> None:
    """RGB `uint8` `[H, W, 3]` as PNG."""
    Image.fromarray(pixels).save(ASSETS / name, optimize=True)


def save_sound(name: str, samples: np.ndarray) -> None:
    """Mono `[N]` in −1 to 1 as 16-bit WAV."""
    with wave.open(str(ASSETS / name), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sounds.RATE)
        file.writeframes((samples * 32767).round().astype("<i2").tobytes())


def save_video(name: str, frames: np.ndarray) -> None:
    """RGB `uint8` `[F, H, W, 3]` as H.264 with full colour, nearly without loss."""
    with av.open(str(ASSETS / name), "w") as file:
        stream = file.add_stream("libx264", rate=round(FPS), options={"crf": "12", "preset": "slow"})
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv444p"
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode())


if __name__ == "__main__":
    main()
