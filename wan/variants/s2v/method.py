"""S2V-14B: the person in a picture speaks or sings a given sound, however long, with a pose video or without.

A long shot is rendered clip after clip. A clip goes on from the last 73 frames before it, encoded again: they are
handed on as latents (`motion`), and, of short clips, as the older pixels that the next clip's 73 contain (`frames`).
Where the reference's lips lead by three frames, a film's do not: see docs/s2v.md. A shot that goes on from another one
(`before`) comes after its frames in the same way; of one frame the reference's `init_first_frame` is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from wan.errors import RequestError
from wan.frames.images import cover_short_side, pose_frames, to_pixels
from wan.model.parts import Parts
from wan.request import ClipRequest, Video
from wan.variants import Variant
from wan.variants.animate.pictures import as_video, fit_frames
from wan.variants.method import Conditions, Method, Result
from wan.variants.s2v.audio import check_audio, features_of_frames
from wan.variants.s2v.clips import DROPPED_FRAMES, MOTION_FRAMES, piece_length
from wan.variants.sizes import FRAMES_A_LATENT

_MOTION_LATENTS = (MOTION_FRAMES - 1) // 4 + 1
_NO_POSE = -1.0  # pixels of a pose video behind its end
_REPEATED = 6  # frames of the motion that are the picture, when a video starts from it


@dataclass(frozen=True, slots=True)
class Timing:
    """Which sound a frame goes with, and how a shot begins.

    `lead`: how many frames the lips are ahead of the sound. `from_picture`: the picture is what comes before the first
    frame, and no frame is dropped. `bars`: black and grey beside a picture and a pose of another shape than the clip.
    """

    lead: int = 0
    from_picture: bool = False
    bars: bool = False


REFERENCE_TIMING = Timing(lead=DROPPED_FRAMES, bars=True)


class SpeechMethod(Method):
    """Conditions: `audio` `[1, layers, D, n]`, a feature a frame; `reference`, latents of the picture; `motion`,
    latents of the 73 frames before, absent when a shot begins; `pose` latents, absent without a pose; `frames`, the
    older pixels fp32 `[1, 3, 73 − n, H, W]` of clips shorter than 73 frames."""

    def __init__(self, variant: Variant, parts: Parts, timing: Timing | None = None) -> None:
        super().__init__(variant, parts)
        self.timing = timing or Timing()

    def check(self, request: ClipRequest) -> None:
        assert request.audio is not None, "wan.validate has refused a request without one"
        check_audio(request.audio)
        _check_carried(request)
        self._piece(request)

    def latent_shape(self, request: ClipRequest) -> tuple[int, ...]:
        return self.shape_of_latents(request, self._piece(request) // FRAMES_A_LATENT)

    def conditions(self, request: ClipRequest) -> dict[str, Tensor]:
        assert request.audio is not None, "wan.validate has refused a request without one"
        piece = self._piece(request)
        start = self._first_frame(request)
        size = (request.width, request.height)
        with self.parts.use("audio_encoder") as hearing:
            features = hearing.features(request.audio)
        self.parts.done("audio_encoder")
        conditions = {"audio": features_of_frames(features, start, piece, self.variant.fps)}
        with self.parts.use("vae") as vae:
            if request.pose is not None:
                conditions["pose"] = vae.encode(self._pose(request.pose, start, piece, size))[:, :, 1:]
            return conditions | self._before(request, vae)

    def context(self, model: Any, texts: Sequence[Tensor], latents: Tensor, conditions: Conditions) -> Any:
        return model.clip_context(
            texts,
            latents,
            audio=conditions["audio"],
            picture=conditions["reference"],
            motion=conditions.get("motion"),
            pose=conditions.get("pose"),
        )

    def decode(self, latents: Tensor, conditions: Conditions) -> Result:
        """The frames of this clip, and what the next one goes on from."""
        piece = latents.shape[2] * FRAMES_A_LATENT
        begins = "motion" not in conditions
        before = conditions["reference"] if begins else conditions["motion"]
        with self.parts.use("vae") as vae:
            video = vae.decode(torch.cat([before, latents], dim=2))[:, :, -piece:].float()
            shown = video[:, :, DROPPED_FRAMES:] if begins else video
            carried = _carried(vae, shown, _older(shown, conditions))
        if carried:
            carried["reference"] = conditions["reference"].float().cpu()
        return Result(to_pixels(shown), carried)

    def _piece(self, request: ClipRequest) -> int:
        return piece_length(request.num_frames, first=self._drops(request))

    def _drops(self, request: ClipRequest) -> bool:
        """Whether the first rendered frames are not shown: where nothing comes before them."""
        return request.carried is None and request.before is None and not self.timing.from_picture

    def _first_frame(self, request: ClipRequest) -> int:
        """The frame of the shot whose sound and pose go with the first rendered one; before 0 when that is dropped."""
        dropped = DROPPED_FRAMES if self._drops(request) else 0
        return request.start_frame - dropped + self.timing.lead

    def _before(self, request: ClipRequest, vae: Any) -> dict[str, Tensor]:
        """Latents of the picture and of the frames before, and those of their pixels that the next clip still needs."""
        conditions = {name: tensor.float() for name, tensor in (request.carried or {}).items()}
        size = (request.width, request.height)
        frames = None if request.before is None else as_video(fit_frames(request.before[-MOTION_FRAMES:], size))
        picture = None if frames is None else frames[:, :, -1:]
        if request.image is not None:
            picture = cover_short_side(request.image, size, bars=self.timing.bars)[None]
        if "reference" not in conditions:
            assert picture is not None, "wan.validate has refused a request without one"
            conditions["reference"] = vae.encode(picture)
        if frames is None and self.timing.from_picture and request.carried is None:
            frames = picture
        if frames is not None:
            if frames.shape[2] == 1:
                frames = frames.expand(-1, -1, _REPEATED, -1, -1)
            before = torch.zeros(1, 3, MOTION_FRAMES, request.height, request.width)
            before[:, :, -frames.shape[2] :] = frames
            conditions["motion"] = vae.encode(before)
            if (older := MOTION_FRAMES - self._piece(request)) > 0:
                conditions["frames"] = before[:, :, -older:].contiguous()
        return conditions

    def _pose(self, video: Video, start: int, piece: int, size: tuple[int, int]) -> Tensor:
        """The pose of `piece` frames from `start` on, the first of them twice, as the reference encodes it: fp32
        `[1, 3, 1 + piece, H, W]`. Before the video's beginning its first frame stands, behind its end −1."""
        stop = min(start + piece, video.num_frames)
        pixels = torch.full((1, 3, 1 + piece, size[1], size[0]), _NO_POSE)
        first = max(start, 0)
        if stop > first:
            known = pose_frames(video.frames(first, stop), size, bars=self.timing.bars)
            offset = first - start
            pixels[0, :, 1 + offset : 1 + stop - start] = known
            pixels[0, :, : 1 + offset] = known[:, :1]
        return pixels


def _carried(vae: Any, shown: Tensor, older: Tensor) -> dict[str, Tensor]:
    """Nothing when too few frames are known, which is so after a clip shorter than those before it."""
    known = torch.cat([older.to(shown), shown], dim=2)
    if known.shape[2] < MOTION_FRAMES:
        return {}
    last = known[:, :, -MOTION_FRAMES:]
    carried = {"motion": vae.encode(last).float().cpu()}
    kept = MOTION_FRAMES - shown.shape[2]
    if kept > 0:
        carried["frames"] = last[:, :, -kept:].cpu().contiguous()
    return carried


def _older(shown: Tensor, conditions: Conditions) -> Tensor:
    """The frames before those of this clip: mid grey when a shot begins, as in the reference."""
    if "frames" in conditions:
        return conditions["frames"]
    before = 0 if "motion" in conditions else max(MOTION_FRAMES - shown.shape[2], 0)
    return shown.new_zeros(1, 3, before, *shown.shape[3:])


def _check_carried(request: ClipRequest) -> None:
    carried: Mapping[str, Tensor] | None = request.carried
    if carried is None:
        if request.start_frame > 0:
            raise RequestError("carried: a clip that begins within its shot goes on from the one before")
        return
    motion = carried.get("motion")
    wanted = (1, 16, _MOTION_LATENTS, request.height // 8, request.width // 8)
    if motion is None or tuple(motion.shape) != wanted:
        given = "nothing" if motion is None else str(list(motion.shape))
        raise RequestError(
            f"carried: motion of the clip before is expected as {list(wanted)}, not {given}; nothing can follow a clip "
            "that is shorter than those before it"
        )
    if request.start_frame == 0:
        raise RequestError("start_frame: a clip that goes on from another one begins later than frame 0 of its shot")
