"""What differs from variant to variant: which of ComfyUI's nodes conditions a clip, and on what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from flows.clips import Medium
from flows.export.clips import Conditioned, Made, Making
from flows.export.comfy_files import AUDIO_ENCODER, CLIP_VISION, RELIGHTING_LORA
from flows.export.graph import Link, Value
from flows.planning.model import Clip

_PREPARED = ("background", "face", "mask", "pose")
Builder = Callable[[Making, Clip, Made | None], Made]


def _size(clip: Clip) -> dict[str, Value | None]:
    return {"width": clip.spec.width, "height": clip.spec.height, "length": clip.spec.num_frames, "batch_size": 1}


def _media(clip: Clip) -> dict[str, list[Medium]]:
    found: dict[str, list[Medium]] = {}
    for medium in clip.spec.media:
        found.setdefault(medium.name, []).append(medium)
    return found


def _finished(making: Making, clip: Clip, given: Conditioned, node: Link, **more: object) -> Made:
    latent = making.sample(clip, given, **more)  # type: ignore[arg-type]
    return Made(clip, latent, making.decode(clip, latent), node)


def _text(making: Making, clip: Clip, before: Made | None) -> Made:
    positive, negative = making.texts(clip)
    given = _media(clip).get("video", [])
    if not given or clip.spec.strength is None:
        latent = making.graph.add("EmptyHunyuanLatentVideo", "Empty latents", **_size(clip))
        return _finished(making, clip, Conditioned(positive, negative, latent), latent)
    frames = _part(making, clip, making.video(given[0].digest))
    fitted = making.graph.add(
        "ImageScale",
        image=frames,
        upscale_method="bicubic",
        width=clip.spec.width,
        height=clip.spec.height,
        crop="center",
    )
    latent = making.graph.add("VAEEncode", "Video", pixels=fitted, vae=making.vae(clip))
    if before is not None:
        making.note(
            "Video to video: wanflow begins each clip with 5 frames of the one before; core nodes cannot do that."
        )
    first = clip.spec.sampling.num_inference_steps - clip.spec.steps_taken
    return _finished(making, clip, Conditioned(positive, negative, latent), latent, first_step=first)


def _image(making: Making, clip: Clip, before: Made | None) -> Made:
    positive, negative = making.texts(clip)
    start = making.handed_off(clip, before)
    end = making.picture(clip.spec.last_image) if clip.spec.last_image else None
    making.note("Pictures: ComfyUI crops them to the size; the reference stretches them bicubically.")
    common: dict[str, Value | None] = {
        "positive": positive,
        "negative": negative,
        "vae": making.vae(clip),
        **_size(clip),
    }
    if end is None:
        node = making.graph.add("WanImageToVideo", start_image=start, **common)
    else:
        node = making.graph.add("WanFirstLastFrameToVideo", start_image=start, end_image=end, **common)
    return _finished(making, clip, Conditioned(node, node.other(1), node.other(2)), node)


def _text_image(making: Making, clip: Clip, before: Made | None) -> Made:
    positive, negative = making.texts(clip)
    start = making.handed_off(clip, before)
    node = making.graph.add("Wan22ImageToVideoLatent", vae=making.vae(clip), start_image=start, **_size(clip))
    return _finished(making, clip, Conditioned(positive, negative, node), node)


def _speech(making: Making, clip: Clip, before: Made | None) -> Made:
    positive, negative = making.texts(clip)
    media, graph = _media(clip), making.graph
    first = making.shot.takes[0].clips[0]
    encoder = graph.add("AudioEncoderLoader", audio_encoder_name=AUDIO_ENCODER)
    audio = graph.add("LoadAudio", audio=making.file(media["audio"][0].digest))
    sound = graph.add("AudioEncoderEncode", audio_encoder=encoder, audio=audio)
    pose = making.video(media["pose"][0].digest) if "pose" in media else None
    common: dict[str, Value | None] = {
        "positive": positive,
        "negative": negative,
        "vae": making.vae(clip),
        "audio_encoder_output": sound,
        "ref_image": making.picture(clip.spec.image) if clip.spec.image else making.handed_off(first, None),
        "control_video": pose,
    }
    making.note(
        "Speech: ComfyUI decodes all clips in one piece and does not correct the reference's lead of the lips (187.5 "
        "ms); the first frames and the moment of words differ from wanflow's."
    )
    if before is None:
        motion = making.handed_off(replace(clip, spec=replace(clip.spec, image=None)), None)
        if motion is not None:
            making.note(
                "Speech after another shot: `ref_motion` takes up to 73 last frames of that shot, not one alone."
            )
        node = graph.add("WanSoundImageToVideo", ref_motion=motion, **common, **_size(clip))
    else:
        node = graph.add(
            "WanSoundImageToVideoExtend", length=clip.spec.num_frames, video_latent=before.latent, **common
        )
    latent = making.sample(clip, Conditioned(node, node.other(1), node.other(2)))
    if before is not None:
        latent = graph.add("LatentConcat", "All so far", samples1=before.latent, samples2=latent, dim="t")
    return Made(clip, latent, making.decode(clip, latent), node, whole=True)


def _animate(making: Making, clip: Clip, before: Made | None) -> Made:
    positive, negative = making.texts(clip)
    media, graph = _media(clip), making.graph
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
        **_size(clip),
    )
    relit = any("relighting" in str(making.plan.assets.get(lora.digest, "")) for lora in clip.spec.loras)
    lora = RELIGHTING_LORA if replaces and not relit else None
    latent = making.sample(clip, Conditioned(node, node.other(1), node.other(2)), extra_lora=lora)
    trimmed = graph.add("TrimVideoLatent", samples=latent, trim_amount=node.other(3))
    return Made(clip, latent, making.decode(clip, trimmed), node)


def _prepared(making: Making, media: Mapping[str, list[Medium]], replaces: bool) -> dict[str, Link]:
    """Pose, face, background and mask videos: the storyboard's; the others have to be made of its driving one."""
    found = {name: making.video(media[name][0].digest) for name in _PREPARED if name in media}
    if "motion" not in media:
        return found
    stem = making.shot.id.replace(".", "_")
    made = {name: f"{stem}_{name}.mp4" for name in (_PREPARED if replaces else ("face", "pose")) if name not in found}
    making.files |= dict.fromkeys(made.values())
    making.note(
        f"{', '.join(made.values())}: make them from {making.file(media['motion'][0].digest)} (ComfyUI needs custom "
        "nodes for that), and put them into its input folder."
    )
    return found | {name: making.frames(file) for name, file in made.items()}


def _control(making: Making, clip: Clip, before: Made | None) -> Made:
    positive, negative = making.texts(clip)
    media, graph = _media(clip), making.graph
    control = _part(making, clip, making.video(media["control"][0].digest)) if "control" in media else None
    mask = None
    if "mask" in media:
        frames = _part(making, clip, making.video(media["mask"][0].digest))
        mask = graph.add("ImageToMask", image=frames, channel="red")
    references = media.get("references", [])
    if len(references) > 1:
        making.note(f"ComfyUI takes one reference picture; this shot has {len(references)}, the first is used.")
    start = making.handed_off(clip, before)
    if before is not None:
        making.note(
            "VACE from clip to clip: put the last 5 frames of the clip before into the first 5 of the control video, "
            "and black into its mask there."
        )
    elif start is not None:
        making.note("A first frame beside the control video has no input of its own: put it into the control video.")
    node = graph.add(
        "WanVaceToVideo",
        positive=positive,
        negative=negative,
        vae=making.vae(clip),
        strength=clip.spec.control_scale,
        control_video=control,
        control_masks=mask,
        reference_image=making.picture(references[0].digest) if references else None,
        **_size(clip),
    )
    latent = making.sample(clip, Conditioned(node, node.other(1), node.other(2)))
    trimmed = graph.add("TrimVideoLatent", samples=latent, trim_amount=node.other(3))
    return Made(clip, latent, making.decode(clip, trimmed), node)


def _part(making: Making, clip: Clip, frames: Link) -> Link:
    """The frames of this clip, of a video of the whole shot."""
    return making.graph.add(
        "ImageFromBatch", image=frames, batch_index=clip.spec.start_frame, length=clip.spec.num_frames
    )


BUILDERS: Mapping[str, Builder] = MappingProxyType(
    {
        "t2v-a14b": _text,
        "i2v-a14b": _image,
        "ti2v-5b": _text_image,
        "s2v-14b": _speech,
        "animate-14b": _animate,
        "vace-fun-a14b": _control,
    }
)
"""By variant; a new one is one function and one line here."""
