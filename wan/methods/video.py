"""T2V-A14B: from a prompt, and if asked over a video that it changes (video to video).

The rule is that of diffusers' `WanVideoToVideoPipeline`, which has one transformer; here both experts take part, each
on its own part of the schedule.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from wan.animate.pictures import as_video, fit_frames
from wan.errors import RequestError
from wan.methods.base import Conditions
from wan.methods.text import TextMethod
from wan.request import ClipRequest, Frames, Sampling, Video
from wan.sampling.schedule import schedule


class VideoMethod(TextMethod):
    """With a video the last `strength` of the steps are taken, from its latents mixed with as much noise as belongs
    there."""

    def check(self, request: ClipRequest) -> None:
        if request.video is None or request.strength is None:
            return
        steps = request.sampling.num_inference_steps
        if request.sampling.steps_taken(request.strength) == 0:
            raise RequestError(
                f"strength: {request.strength} of {steps} steps is none; take at least {1 / steps:.2g}, or more steps"
            )
        check_reaches(request, "video", request.video)

    def conditions(self, request: ClipRequest) -> dict[str, Tensor]:
        if request.video is None or request.strength is None:
            return {}
        frames = fit_frames(frames_of_clip(request, request.video), (request.width, request.height))
        with self.parts.use("vae") as vae:
            latents = vae.encode(as_video(frames))
        return {"video": latents, "strength": torch.tensor(request.strength, dtype=torch.float64)}

    def start(self, noise: Tensor, conditions: Conditions, sampling: Sampling) -> tuple[Tensor, int]:
        if "video" not in conditions:
            return noise, 0
        skipped = sampling.num_inference_steps - sampling.steps_taken(float(conditions["strength"]))
        sigma = float(schedule(sampling).sigmas[skipped])
        return (1 - sigma) * conditions["video"].to(noise) + sigma * noise, skipped


def check_reaches(request: ClipRequest, name: str, video: Video) -> None:
    """Raises `RequestError` when the video ends before the clip begins."""
    if video.num_frames <= request.start_frame:
        raise RequestError(
            f"{name}: it has {video.num_frames} frames, and this clip begins at frame {request.start_frame}"
        )


def frames_of_clip(request: ClipRequest, video: Video) -> Frames:
    """The frames of this clip, of the shot's whole video; the last one is held where the video ends before."""
    found = video.frames(request.start_frame, request.start_frame + request.num_frames)
    missing = request.num_frames - len(found)
    return np.concatenate([found, np.repeat(found[-1:], missing, axis=0)]) if missing > 0 else found
