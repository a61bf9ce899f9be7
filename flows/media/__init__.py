"""Pictures, sound and video on disk: probing, decoding, lossless clips. PIL and PyAV are loaded on first use."""

from flows.media.clips import ClipWriter, frames_digest, write_clip
from flows.media.heads import VideoHead, audio_head, promised_seconds, video_head
from flows.media.pictures import PictureFacts, jpeg_bytes, load_image, png_bytes, probe_image
from flows.media.sound import Sound, probe_audio, probe_sound, read_audio
from flows.media.stored_video import ForwardVideo, StoredVideo
from flows.media.video import VideoFacts, frames_at, middle_frame, probe_video, read_video

__all__ = [
    "ClipWriter",
    "ForwardVideo",
    "PictureFacts",
    "Sound",
    "StoredVideo",
    "VideoFacts",
    "VideoHead",
    "audio_head",
    "frames_at",
    "frames_digest",
    "jpeg_bytes",
    "load_image",
    "middle_frame",
    "png_bytes",
    "probe_audio",
    "probe_image",
    "probe_sound",
    "probe_video",
    "promised_seconds",
    "read_audio",
    "read_video",
    "video_head",
    "write_clip",
]
