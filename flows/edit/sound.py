"""The sound's half of the ffmpeg graph: one track as long as the film to the sample, silent if nothing is heard."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from flows.edit.channels import downmix
from flows.edit.graph import Stream, copies, filtered, generated, source
from flows.edit.timeline import Timeline, Voice
from flows.media import probe_audio, probe_sound
from flows.media.containers import SELF_CONTAINED_FORMATS
from flows.storyboard.model import Music

SAMPLE_RATE = 48_000
DUCKING = {"threshold": 0.02, "ratio": 8, "attack": 40, "release": 500, "knee": 4}
"""sidechaincompress: a voice at speaking level (-20 dBFS and up) lowers the bed by 12 dB or so; milliseconds."""
LIMITER = {"limit": 0.89, "level": 0, "latency": 1, "attack": 5, "release": 200}
"""alimiter: peaks stay below -1 dBFS, the room that lossy codecs are given (EBU R 128, section 4); milliseconds. A slow
release keeps the gain from following the waves of a low tone, which would be heard as distortion."""


def soundtrack(timeline: Timeline) -> Stream:
    """48 kHz stereo of exactly the film's length, whatever is heard below the limit. Raises `MediaError` for a music
    file without sound."""
    samples = round(timeline.seconds * SAMPLE_RATE)
    voices = [_voice(voice, number) for number, voice in enumerate(timeline.voices, start=1)]
    spoken = _cut(_mixed(voices), samples) if voices else None
    bed = _cut(_bed(timeline.music, timeline.seconds), samples) if timeline.music else None
    if bed is None and spoken is None:
        return _cut(generated(f"anullsrc=r={SAMPLE_RATE}:cl=stereo", timeline.seconds), samples)
    if bed is not None and spoken is not None and timeline.music and timeline.music.duck:
        heard, spoken = copies(_endless(spoken), 2, sound=True)
        bed = filtered([_endless(bed), heard], "sidechaincompress", **DUCKING)
    mix = _mixed([stream for stream in (bed, spoken) if stream is not None])
    return _cut(mix.filter("alimiter", **LIMITER), samples)


def _bed(music: Music, seconds: Fraction) -> Stream:
    """The music looped or cut to `seconds`, with its gain and fades."""
    stream = _read(music.file, 0)
    length = Fraction(probe_audio(music.file)).limit_denominator(SAMPLE_RATE)
    if length < seconds:  # looped in samples: to read a compressed file again leaves a gap
        stream = stream.filter("aloop", loop=-1, size=round(length * SAMPLE_RATE) + SAMPLE_RATE)
    stream = stream.filter("volume", f"{music.gain_db:.2f}dB")
    if music.fade_in > 0:
        stream = stream.filter("afade", type="in", start_time=0, duration=min(music.fade_in, float(seconds)))
    if music.fade_out > 0:
        fade = min(music.fade_out, float(seconds))
        stream = stream.filter("afade", type="out", start_time=float(seconds) - fade, duration=fade)
    return stream


def _voice(voice: Voice, number: int) -> Stream:
    late = f"{round(voice.at * SAMPLE_RATE)}S"
    stream = _read(voice.file, number)
    if voice.seconds is not None:
        stream = _crossing(stream.filter("atrim", end_sample=round(voice.seconds * SAMPLE_RATE)), voice, voice.seconds)
    return stream.filter("volume", f"{voice.gain_db:.2f}dB").filter("adelay", late, all=1)


def _crossing(stream: Stream, voice: Voice, seconds: float) -> Stream:
    """The fades at both ends. A quarter of a sine: the powers of a sound that comes and one that goes sum up to one."""
    fade_in, fade_out = round(voice.fade_in * SAMPLE_RATE), round(voice.fade_out * SAMPLE_RATE)
    if fade_in:
        stream = stream.filter("afade", type="in", start_sample=0, nb_samples=fade_in, curve="qsin")
    if fade_out:
        begin = round(seconds * SAMPLE_RATE) - fade_out
        stream = stream.filter("afade", type="out", start_sample=begin, nb_samples=fade_out, curve="qsin")
    return stream


def _read(file: Path, number: int) -> Stream:
    sound = probe_sound(file)
    stream = source(file, number, format_whitelist=SELF_CONTAINED_FORMATS, vn=None)[str(sound.stream)]
    if (two := downmix(sound.channels)) is not None:
        stream = stream.filter("aformat", sample_fmts="fltp").filter("pan", args=two)  # it rounds to what it is given
    form = {"sample_fmts": "fltp", "sample_rates": SAMPLE_RATE, "channel_layouts": "stereo"}
    stream = stream.filter("aresample", SAMPLE_RATE).filter("aformat", **form).filter("asetpts", "N/SR/TB")
    return stream.filter("adelay", f"{round(sound.late * SAMPLE_RATE)}S", all=1) if sound.late else stream


def _mixed(streams: list[Stream]) -> Stream:
    if len(streams) == 1:
        return streams[0]
    return filtered(streams, "amix", inputs=len(streams), normalize=0, duration="longest")


def _endless(stream: Stream) -> Stream:
    # sidechaincompress ends with the first of its inputs that ends, and loses what waits of the other one: neither may
    return stream.filter("apad")


def _cut(stream: Stream, samples: int) -> Stream:
    return stream.filter("apad", whole_len=samples).filter("atrim", end_sample=samples)
