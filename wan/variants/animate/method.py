"""Animate-14B: a person in a picture moves as in a pose and a face video, or replaces the person of a scene.

Both modes of the reference: with `background` and `mask` the person takes another one's place in that scene (replace),
without them the picture itself is animated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from wan.errors import RequestError
from wan.frames.images import to_pixels
from wan.lora.apply import apply_loras
from wan.request import ClipRequest, Frames, Size, Video
from wan.variants.animate.clips import source_frame
from wan.variants.animate.conditions import clip_condition, known_places, person_condition
from wan.variants.animate.pictures import as_video, fit_frames, letterbox
from wan.variants.method import Conditions, Method, Result

CARRIED = "frames"
"""The name of what clips hand on: the last decoded frames, fp32 `[1, 3, n, H, W]` in [−1, 1]."""
_VIDEOS = ("pose", "face", "background", "mask")
_NO_FACE = -1.0  # every pixel of the face that the negative prompt goes with


class AnimateMethod(Method):
    """`Variant.overlap` frames are carried from clip to clip: 1, or 5 as the reference allows too."""

    def check(self, request: ClipRequest) -> None:
        for name in ("pose", "face"):
            if getattr(request, name) is None:
                raise RequestError(f"{name}: {self.variant.name} needs the motion as a pose video and a face video")
        if (request.background is None) != (request.mask is None):
            raise RequestError("background, mask: to replace a person takes both; to animate the picture, neither")
        lengths = {name: video.num_frames for name, video in _videos(request).items()}
        if 0 in lengths.values() or max(lengths.values()) - min(lengths.values()) > 1:
            written = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise RequestError(
                f"pose, face, background, mask: they are one motion and equally long, not {written} frames"
            )
        _check_carried(request, self.variant.overlap)

    def latent_shape(self, request: ClipRequest) -> tuple[int, ...]:
        batch, channels, frames, rows, columns = super().latent_shape(request)
        return batch, channels, frames + 1, rows, columns  # the person's slot

    def conditions(self, request: ClipRequest) -> dict[str, Tensor]:
        assert request.image is not None, "wan.validate has refused a request without one"
        assert request.pose is not None, "check() has refused a request without one"
        assert request.face is not None, "check() has refused a request without one"
        size = (request.width, request.height)
        picture = as_video(letterbox(request.image, size)[None])
        with self.parts.use("image_encoder") as encoder:
            features = encoder.encode(picture[:, :, 0])
        self.parts.done("image_encoder")
        with self.parts.use("vae") as vae:
            known = [person_condition(vae, picture), self._clip_condition(vae, request)]
            pose = vae.encode(as_video(fit_frames(_shown(request, request.pose), size)))
        guided = request.sampling.guidance_scale.low != 1 or request.sampling.guidance_scale.high != 1
        conditions = {"known": torch.cat(known, dim=2), "pose": pose, "features": features}
        # last, since the transformer is what the steps need next; it may still wear the LoRAs of another clip
        apply_loras(self.parts, self.part_name("high"), None, request.loras)
        with self.parts.use(self.part_name("high")) as expert:
            return conditions | _motions(expert, _shown(request, request.face), guided)

    def context(self, model: Any, texts: Sequence[Tensor], latents: Tensor, conditions: Conditions) -> Any:
        motions = [conditions[name] for name in ("motions", "no_motions")[: len(texts)]]
        return model.clip_context(
            texts, latents, features=conditions["features"], pose=conditions["pose"], motions=motions
        )

    def ask(self, model: Any, latents: Tensor, timestep: float, context: Any, conditions: Conditions) -> list[Tensor]:
        inputs = torch.cat([latents, conditions["known"]], dim=1)
        return super().ask(model, inputs, timestep, context, conditions)

    def decode(self, latents: Tensor, conditions: Conditions) -> Result:
        with self.parts.use("vae") as vae:
            video = vae.decode(latents[:, :, 1:])
        return Result(to_pixels(video), {CARRIED: video[:, :, -self.variant.overlap :].float().cpu()})

    def _clip_condition(self, vae: Any, request: ClipRequest) -> Tensor:
        size = (request.width, request.height)
        carried = None if request.carried is None else request.carried[CARRIED]
        background = person = None
        if request.background is not None and request.mask is not None:
            background = as_video(fit_frames(_shown(request, request.background), size))
            person = _mask_values(_shown(request, request.mask), size)
        area = (request.height, request.width)
        count = 0 if carried is None else carried.shape[2]
        mask = known_places(request.num_frames, area, carried=count, person=person)
        return clip_condition(vae, request.num_frames, area, carried=carried, background=background, mask=mask)


def _videos(request: ClipRequest) -> dict[str, Video]:
    return {name: video for name in _VIDEOS if (video := getattr(request, name)) is not None}


def _check_carried(request: ClipRequest, overlap: int) -> None:
    if request.carried is None:
        if request.start_frame > 0:
            raise RequestError("carried: a clip that begins within its shot goes on from the one before")
        return
    frames = request.carried.get(CARRIED)
    wanted = (1, 3, overlap, request.height, request.width)
    if frames is None or tuple(frames.shape) != wanted:
        given = "nothing" if frames is None else str(list(frames.shape))
        raise RequestError(f"carried: {CARRIED} of the clip before are expected as {list(wanted)}, not {given}")
    if request.start_frame == 0:
        raise RequestError("start_frame: a clip that goes on from another one begins later than frame 0 of its shot")


def _shown(request: ClipRequest, video: Video) -> Frames:
    """The frames of a video that this clip shows; past the end of the shortest of its videos they run backwards."""
    length = min(each.num_frames for each in _videos(request).values())
    stop = request.start_frame + request.num_frames
    wanted = [source_frame(position, length) for position in range(request.start_frame, stop)]
    first = min(wanted)
    frames = video.frames(first, max(wanted) + 1)
    return frames[[index - first for index in wanted]]


def _mask_values(frames: Frames, size: Size) -> Tensor:
    """1 where the person is, fp32 `[F, H, W]`, from a mask video whose first channel is 255 there."""
    return torch.from_numpy(fit_frames(frames, size, nearest=True)[..., 0].copy()).float() / 255


def _motions(expert: Any, faces: Frames, guided: bool) -> dict[str, Tensor]:
    side = expert.face_size
    pixels = as_video(fit_frames(faces, (side, side)))[0].transpose(0, 1)
    conditions = {"motions": expert.motions(pixels)}
    if guided:
        blank = expert.motions(torch.full_like(pixels[:1], _NO_FACE))
        conditions["no_motions"] = blank.expand(-1, len(faces), -1).contiguous()
    return conditions
