"""Sounds become the features that the reference makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.wan.parity import PARITY
from wan.errors import RequestError
from wan.request import Audio
from wan.variants.s2v.audio import AudioEncoder, at_feature_rate, features_of_frames, normalise
from wan.variants.s2v.keys import speech_key


@pytest.fixture(scope="module")
def data(parity: Any) -> Any:
    return parity["s2v_audio"]


@pytest.fixture(scope="module")
def hearing(data: Any) -> AudioEncoder:
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    model = Wav2Vec2ForCTC(Wav2Vec2Config(**data.config["wav2vec2"]))
    model.load_state_dict({speech_key(name): value for name, value in data.weights().items()})
    return AudioEncoder(model)


@pytest.mark.parity
def test_a_sound_becomes_the_references_hidden_states(hearing: AudioEncoder, data: Any) -> None:
    waveform = data.tensors["in.waveform"]
    assert data.error("out.input_values", normalise(waveform)) <= 1e-5
    with torch.inference_mode():
        found = hearing.hidden_states(waveform)
    assert data.error("out.hidden_states", found) <= 1e-3


@pytest.mark.parity
def test_hidden_states_become_the_references_features(data: Any) -> None:
    assert data.error("out.features_30fps", at_feature_rate(data.tensors["out.hidden_states"])) <= 5e-4


@pytest.mark.parity
@pytest.mark.parametrize("piece", PARITY.matches("s2v_audio", r"out\.buckets\.infer(\d+)"))
def test_every_frame_hears_what_it_hears_in_the_reference(data: Any, piece: str) -> None:
    wanted, frames = data.tensors[f"out.buckets.infer{piece}"], int(piece)
    features = data.tensors["out.features_30fps"]
    pieces = int(data.tensors[f"out.num_repeat.infer{piece}"])
    rate = data.config["video_fps"]
    found = [features_of_frames(features, number * frames, frames, rate) for number in range(pieces)]
    assert torch.equal(torch.cat(found, dim=-1), wanted)


def test_behind_the_end_is_nothing_and_before_the_beginning_the_beginning() -> None:
    features = torch.arange(1.0, 31).view(1, 30, 1)
    heard = features_of_frames(features, -3, 22, 16)[0, 0, 0]
    assert heard[:4].tolist() == [1, 1, 1, 1]
    assert heard[4] == 3  # 30 / 16 rounds to 2, the third feature
    assert heard[-4:].tolist() == [29, 0, 0, 0]


class Counting(torch.nn.Module):
    """As a speech model: a state every 320 samples; it keeps how much it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.feature_projection = torch.nn.Module()
        self.feature_projection.projection = torch.nn.Linear(1, 1)
        self.asked: list[int] = []

    def forward(self, values: torch.Tensor, output_hidden_states: bool) -> Any:
        assert output_hidden_states
        self.asked.append(values.shape[1])
        state = values[:, ::320, None]
        return type("Output", (), {"hidden_states": (state, state), "last_hidden_state": state})


def noise(seconds: float, rate: int, seed: int = 0) -> Audio:
    samples = np.random.default_rng(seed).standard_normal(int(seconds * rate)).astype(np.float32) * 0.1
    return Audio(samples, rate)


def test_all_clips_of_a_shot_hear_one_sound_that_is_read_once() -> None:
    model = Counting()
    encoder = AudioEncoder(model)
    first = encoder.features(noise(2, 44_100))
    assert torch.equal(encoder.features(noise(2, 44_100)), first)
    assert model.asked == [32_000]
    assert first.shape == (2, 60, 1)
    for seed in range(1, 6):
        encoder.features(noise(0.5, 16_000, seed))
    encoder.features(noise(2, 44_100))
    assert len(model.asked) == 7  # forgotten after some others, and read again


@pytest.mark.parametrize("seconds", [0.001, 0.01])
def test_a_very_short_sound_is_filled_up_with_silence(seconds: float) -> None:
    assert AudioEncoder(Counting()).features(noise(seconds, 16_000)).shape[1] >= 1


def test_silence_is_a_sound() -> None:
    silent = Audio(np.zeros(16_000, np.float32), 16_000)
    assert AudioEncoder(Counting()).features(silent).isfinite().all()


@pytest.mark.parametrize(
    "audio",
    [Audio(np.zeros((2, 100), np.float32), 16_000), Audio(np.zeros(100, np.float32), 0)],
    ids=["stereo", "rate"],
)
def test_what_is_no_mono_sound_is_refused(audio: Audio) -> None:
    with pytest.raises(RequestError, match="audio"):
        AudioEncoder(Counting()).features(audio)
