"""Speech to features: every layer of a wav2vec 2.0 model, at 30 a second, and which of them a film's frames hear.

Source: Wan-Video/Wan2.2, commit 42bf4cf (`audio_encoder.py`).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from wan.errors import RequestError
from wan.request import Audio
from wan.variants.s2v.resample import resample

SAMPLE_RATE = 16_000
FEATURE_RATE = 30
"""Features a second."""
_MODEL_RATE = 50  # what the model's convolutions make of 16 kHz
_SHORTEST = SAMPLE_RATE // 8  # less than this and the model has too few frames to speak of
_REMEMBERED = 2  # of a minute, the real model makes 180 MB


class AudioEncoder:
    """A `Wav2Vec2ForCTC` or `Wav2Vec2Model`, in fp32. The features of the last few sounds are remembered: all clips of
    a shot hear the same one."""

    def __init__(self, model: Any) -> None:
        self.model = model.eval()
        self._remembered: OrderedDict[str, Tensor] = OrderedDict()

    @torch.inference_mode()
    def features(self, audio: Audio) -> Tensor:
        """Features of a whole sound of any rate: fp32 `[layers, T, D]` on the CPU, 30 a second.

        Raises `RequestError` for a sound that is no sound.
        """
        check_audio(audio)
        digest = audio.digest
        if digest not in self._remembered:
            samples = resample(torch.from_numpy(audio.samples), audio.sample_rate, SAMPLE_RATE)
            if len(samples) < _SHORTEST:
                samples = F.pad(samples, (0, _SHORTEST - len(samples)))
            self._remembered[digest] = at_feature_rate(self.hidden_states(samples)).cpu()
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(digest)
        return self._remembered[digest]

    def hidden_states(self, samples: Tensor) -> Tensor:
        """What goes into the first layer and what comes out of each, fp32 `[layers + 1, T, D]`, of `[N]` at 16 kHz.

        The last of them is after the model's final norm, as the reference has it; transformers from 5 on leaves the
        norm out of `hidden_states`, so it is taken from `last_hidden_state`.
        """
        speech = getattr(self.model, "wav2vec2", self.model)
        # a weight outside the lists of layers, which a placement may keep elsewhere
        values = normalise(samples).to(speech.feature_projection.projection.weight.device)
        heard = speech(values[None], output_hidden_states=True)
        return torch.stack([*(state[0] for state in heard.hidden_states[:-1]), heard.last_hidden_state[0]]).float()


def normalise(samples: Tensor) -> Tensor:
    """Zero mean and unit variance, as wav2vec's feature extractor does it."""
    samples = samples.float()
    return (samples - samples.mean()) / torch.sqrt(samples.var(correction=0) + 1e-7)


def at_feature_rate(hidden_states: Tensor) -> Tensor:
    """`[layers, T, D]` at the model's 50 a second → 30 a second: linear, first and last kept in place."""
    count = int(hidden_states.shape[1] / _MODEL_RATE * FEATURE_RATE)
    turned = hidden_states.transpose(1, 2)
    return F.interpolate(turned, size=max(count, 1), mode="linear", align_corners=True).transpose(1, 2)


def features_of_frames(features: Tensor, start: int, count: int, fps: float) -> Tensor:
    """The feature of each frame `start` … `start + count` − 1 at `fps`: `[1, layers, D, count]` of `[layers, T, D]`.

    A frame hears the feature of its own time, rounded half to even. Behind the end there is nothing (zeros); before the
    beginning, the first feature.
    """
    wanted = [round(FEATURE_RATE * frame / fps) for frame in range(start, start + count)]
    index = torch.tensor(wanted, device=features.device)
    length = features.shape[1]
    heard = features[:, index.clamp(0, length - 1)] * (index < length)[None, :, None]
    return heard.transpose(1, 2)[None].contiguous()


def check_audio(audio: Audio) -> None:
    """Raises `RequestError` for what is no sound."""
    samples = audio.samples
    if samples.ndim != 1 or not len(samples) or audio.sample_rate < 1:
        given = f"{list(samples.shape)} at {audio.sample_rate} Hz"
        raise RequestError(f"audio: a sound as float32 [N] with a rate is expected, not {given}")
    if not torch.from_numpy(samples).isfinite().all():
        raise RequestError("audio: the sound holds values that are no numbers")
