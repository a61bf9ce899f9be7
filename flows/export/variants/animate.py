"""Animate for ComfyUI: pose and face videos, made of a driving one outside."""

from __future__ import annotations

from collections.abc import Mapping

from flows.clips import Medium
from flows.export.clips import Conditioned, Made, Making
from flows.export.comfy_files import CLIP_VISION, RELIGHTING_LORA
from flows.export.conditioning import extent_of, media_of
from flows.export.graph import Link
from flows.planning.model import Clip

_PREPARED = ("background", "face", "mask", "pose")


def build(making: Making, clip: Clip, before: Made | None) -> Made:
    """The clip as nodes."""
    positive, negative = making.texts(clip)
    media, graph = media_of(clip), making.graph
    replaces = "background" in media or any(medium.option == "replace" for medium in media.get("motion", []))
    videos = _prepared(making, media, replaces)
    reference = making.picture(clip.spec.image) if clip.spec.image else None
    vision = graph.add("CLIPVisionLoader", clip_name=CLIP_VISION)
    seen = graph.add("CLIPVisionEncode", clip_vision=vision, image=reference, crop="none")
    mask = graph.add("ImageToMask", image=videos["mask"], channel="red") if "mask" in videos else None
    node = graph.add(
        "WanAnimateToVideo",
        positive=positive,
        negative=negative,
        vae=making.vae(clip),
        clip_vision_output=seen,
        reference_image=reference,
        face_video=videos.get("face"),
        pose_video=videos.get("pose"),
        background_video=videos.get("background"),
        character_mask=mask,
        continue_motion=before.images if before else None,
        continue_motion_max_frames=max(clip.skip_first, 1),
        video_frame_offset=before.node.other(5) if before else 0,
        **extent_of(clip),
    )
    relit = any("relighting" in str(making.plan.assets.get(lora.digest, "")) for lora in clip.spec.loras)
    lora = RELIGHTING_LORA if replaces and not relit else None
    latent = making.sample(clip, Conditioned(node, node.other(1), node.other(2)), extra_lora=lora)
    trimmed = graph.add("TrimVideoLatent", samples=latent, trim_amount=node.other(3))
    return Made(clip, latent, making.decode(clip, trimmed), node)


def _prepared(making: Making, media: Mapping[str, list[Medium]], replaces: bool) -> dict[str, Link]:
    """Pose, face, background and mask videos: the storyboard's; the others have to be made of its driving one."""
    videos = {name: making.video(media[name][0].digest) for name in _PREPARED if name in media}
    if "motion" not in media:
        return videos
    stem = making.shot.id.replace(".", "_")
    made = {name: f"{stem}_{name}.mp4" for name in (_PREPARED if replaces else ("face", "pose")) if name not in videos}
    making.files |= dict.fromkeys(made.values())
    making.note(
        f"{', '.join(made.values())}: make them from {making.file(media['motion'][0].digest)} (ComfyUI needs custom "
        "nodes for that), and put them into its input folder."
    )
    return videos | {name: making.frames(file) for name, file in made.items()}
