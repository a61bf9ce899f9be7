"""VACE-Fun-A14B: along a control video (depth, pose, edges, trajectories), inside a mask, of what references show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wan.errors import RequestError
from wan.frames.camera import Move, parse_camera
from wan.frames.camera_video import CameraVideo
from wan.frames.images import fit_image
from wan.request import ClipRequest, Video
from wan.variants.animate.pictures import as_video, fit_frames
from wan.variants.method import Conditions, Method, Result
from wan.variants.t2v.method import check_before, check_reaches, frames_of_clip
from wan.variants.vace.conditions import control_condition, on_white


class ControlMethod(Method):
    """References stand in front of the video as latent frames of their own, which are cut off before decoding.

    Where there is a camera path and no control video, the path is drawn as one (`frames.camera_video`). A first picture
    (`image`) is a frame that the mask keeps, and so are the last frames of the clip before (`before`): VACE was trained
    to extend clips. Without a control video every frame is mid grey and made anew. A control video or mask that ends
    before the clip does is held at its last frame.
    """

    def check(self, request: ClipRequest) -> None:
        given = request.control or request.references or _camera_path(request) is not None
        if not given and request.image is None and request.before is None:
            raise RequestError(
                f"control: {self.variant.name} needs a control video, references, a camera path or a picture to start "
                "from; for text alone use t2v-a14b"
            )
        check_before(request)
        if request.mask is not None and request.control is None:
            raise RequestError("mask: it needs the video it masks (control)")
        for name in ("control", "mask"):
            video: Video | None = getattr(request, name)
            if video is not None:
                check_reaches(request, name, video)

    def latent_shape(self, request: ClipRequest) -> tuple[int, ...]:
        batch, channels, frames, rows, columns = super().latent_shape(request)
        return batch, channels, len(request.references) + frames, rows, columns

    def conditions(self, request: ClipRequest) -> dict[str, Tensor]:
        size = (request.width, request.height)
        video, mask = _video_and_mask(request)
        references = [on_white(reference, size) for reference in request.references]
        with self.parts.use("vae") as vae:
            control = control_condition(vae, video, mask, references)
        return {
            "control": control,
            "references": torch.tensor(len(references)),
            "scale": torch.tensor(request.control_scale, dtype=torch.float64),
        }

    def context(self, model: Any, texts: Sequence[Tensor], latents: Tensor, conditions: Conditions) -> Any:
        return model.clip_context(texts, latents, control=conditions["control"], scale=float(conditions["scale"]))

    def decode(self, latents: Tensor, conditions: Conditions) -> Result:
        return super().decode(latents[:, :, int(conditions["references"]) :], conditions)


def _video_and_mask(request: ClipRequest) -> tuple[Tensor, Tensor]:
    """The clip's part of the control video fp32 `[1, 3, T, H, W]` and its mask `[1, 1, T, H, W]`."""
    size, frames = (request.width, request.height), request.num_frames
    control = request.control
    if control is None and (moves := _camera_path(request)) is not None:
        control = CameraVideo(moves, request.width, request.height)
    if control is None:
        video = torch.zeros(1, 3, frames, request.height, request.width)
    else:
        video = as_video(fit_frames(frames_of_clip(request, control), size))
    mask = torch.ones(1, 1, frames, request.height, request.width)
    if request.mask is not None:
        grey = fit_frames(frames_of_clip(request, request.mask), size, nearest=True).astype(np.float32).mean(axis=3)
        mask = torch.from_numpy(grey / 255)[None, None]
    known = None if request.image is None else fit_image(request.image, size)[None]
    if request.before is not None:
        known = as_video(fit_frames(request.before, size))
    if known is not None:
        video[:, :, : known.shape[2]] = known
        mask[:, :, : known.shape[2]] = 0
    return video, mask


def _camera_path(request: ClipRequest) -> tuple[Move, ...] | None:
    """The moves of the clip's camera, if its words name a path."""
    return parse_camera(request.camera) if request.camera else None
