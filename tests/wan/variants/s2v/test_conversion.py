"""S2V's configuration: single files have none beside them, and are the released model."""

from __future__ import annotations

import pytest

from tests.wan.convert.shapes import infos, transformer_infos
from wan.errors import CheckpointError
from wan.variants.s2v.conversion import RELEASED_INJECTIONS, speech_config

SOUND = infos(
    {
        "casual_audio_encoder.encoder.conv1_local.conv.weight": (512, 1024, 3),
        "casual_audio_encoder.weights": (1, 25, 1, 1),
        "cond_encoder.weight": (128, 16, 1, 2, 2),
    }
)


def test_without_a_configuration_sound_enters_where_it_does_in_the_released_model() -> None:
    config = speech_config(transformer_infos() | SOUND, {})
    assert config["audio_inject_layers"] == RELEASED_INJECTIONS
    assert (config["audio_dim"], config["num_audio_layers"], config["pose_channels"]) == (1024, 25, 16)


def test_the_configuration_beside_the_weights_counts() -> None:
    config = speech_config(transformer_infos() | SOUND, {"audio_inject_layers": [0, 1]})
    assert config["audio_inject_layers"] == (0, 1)
    with pytest.raises(CheckpointError, match="enable_motioner is True; S2V-14B has False"):
        speech_config(transformer_infos() | SOUND, {"enable_motioner": True})
