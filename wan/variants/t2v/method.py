"""T2V-A14B: from a prompt, and if asked over a video that it changes (video to video).

The rule is that of diffusers' `WanVideoToVideoPipeline`, which has one transformer; here both experts take part, each
on its own part of the schedule. Of a longer video, every clip begins with the last frames of the one before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from wan.errors import RequestError
from wan.request import ClipRequest, Frames, Sampling, Video
from wan.sampling.schedule import NUM_TRAIN_TIMESTEPS, schedule
from wan.variants.animate.pictures import as_video, fit_frames
from wan.variants.method import Conditions, Method


class VideoMethod(Method):
    """With a video the last `strength` of the steps are taken, from its latents mixed with as much noise as belongs
    there. The latents of `before` are `known`: they go the straight way from noise to what they are, and the rest is
    made beside them."""

    def check(self, request: ClipRequest) -> None:
        if request.video is None or request.strength is None:
            if request.before is not None:
                raise RequestError("before: without a video to change, go on from one picture with i2v-a14b")
            return
        check_before(request)
        steps = request.sampling.num_inference_steps
        if request.sampling.steps_taken(request.strength) == 0:
            raise RequestError(
                f"strength: {request.strength} of {steps} steps is none; take at least {1 / steps:.2g}, or more steps"
            )
        check_reaches(request, "video", request.video)

    def conditions(self, request: ClipRequest) -> dict[str, Tensor]:
        if request.video is None or request.strength is None:
            return {}
        size = (request.width, request.height)
        conditions = {"strength": torch.tensor(request.strength, dtype=torch.float64)}
        with self.parts.use("vae") as vae:
            conditions["video"] = vae.encode(as_video(fit_frames(frames_of_clip(request, request.video), size)))
            if request.before is not None:
                known = conditions["known"] = vae.encode(as_video(fit_frames(request.before, size)))
                conditions["video"][:, :, : known.shape[2]] = known
        return conditions

    def start(self, noise: Tensor, conditions: Conditions, sampling: Sampling) -> tuple[Tensor, int]:
        if "video" not in conditions:
            return noise, 0
        skipped = sampling.num_inference_steps - sampling.steps_taken(float(conditions["strength"]))
        sigma = float(schedule(sampling).sigmas[skipped])
        return (1 - sigma) * conditions["video"].to(noise) + sigma * noise, skipped

    def ask(self, model: Any, latents: Tensor, timestep: float, context: Any, conditions: Conditions) -> list[Tensor]:
        velocities = super().ask(model, latents, timestep, context, conditions)
        if "known" in conditions:
            known = conditions["known"]
            there = slice(known.shape[2])
            # timesteps are truncated: what that leaves, the next step takes in
            straight = (latents[:, :, there] - known) * (NUM_TRAIN_TIMESTEPS / max(timestep, 1.0))
            velocities = [torch.cat([straight, velocity[:, :, there.stop :]], dim=2) for velocity in velocities]
        return velocities


def check_before(request: ClipRequest) -> None:
    """Raises `RequestError` for frames to begin with that are no whole latent frames, or leave nothing to be made."""
    if request.before is None:
        return
    count = len(request.before)
    if count % 4 != 1 or count >= request.num_frames:
        raise RequestError(f"before: 4n + 1 frames, fewer than the clip's {request.num_frames}, are expected: {count}")


def check_reaches(request: ClipRequest, name: str, video: Video) -> None:
    """Raises `RequestError` when the video ends before the clip begins."""
    if video.num_frames <= request.start_frame:
        raise RequestError(
            f"{name}: it has {video.num_frames} frames, and this clip begins at frame {request.start_frame}"
        )


def frames_of_clip(request: ClipRequest, video: Video) -> Frames:
    """The frames of this clip, of the shot's whole video: its first one is held where the clip begins before the shot,
    its last one where the video ends before."""
    start, stop = request.start_frame, request.start_frame + request.num_frames
    frames = video.frames(max(start, 0), stop)
    early = min(max(-start, 0), request.num_frames - 1)
    missing = request.num_frames - early - len(frames)
    if early == 0 and missing <= 0:
        return frames
    return np.concatenate(
        [np.repeat(frames[:1], early, axis=0), frames, np.repeat(frames[-1:], max(missing, 0), axis=0)]
    )
