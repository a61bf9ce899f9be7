"""S2V for ComfyUI: a sound, a picture, and what was said before."""

from __future__ import annotations

from dataclasses import replace

from flows.export.clips import Conditioned, Made, Making
from flows.export.comfy_files import AUDIO_ENCODER
from flows.export.conditioning import extent_of, media_of
from flows.export.graph import Value
from flows.planning.model import Clip


def build(making: Making, clip: Clip, before: Made | None) -> Made:
    """The clip as nodes."""
    positive, negative = making.texts(clip)
    media, graph = media_of(clip), making.graph
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
        node = graph.add("WanSoundImageToVideo", ref_motion=motion, **common, **extent_of(clip))
    else:
        node = graph.add(
            "WanSoundImageToVideoExtend", length=clip.spec.num_frames, video_latent=before.latent, **common
        )
    latent = making.sample(clip, Conditioned(node, node.other(1), node.other(2)))
    if before is not None:
        latent = graph.add("LatentConcat", "All so far", samples1=before.latent, samples2=latent, dim="t")
    return Made(clip, latent, making.decode(clip, latent), node, whole=True)
