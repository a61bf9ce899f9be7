"""What a converted checkpoint says beside its weights."""

from __future__ import annotations

from typing import Any

import pytest

from wan.convert.released import components, model_index, scheduler
from wan.variants import VARIANTS


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("t2v-a14b", {"_class_name": "WanPipeline", "boundary_ratio": 0.875}),
        ("i2v-a14b", {"_class_name": "WanImageToVideoPipeline", "boundary_ratio": 0.9}),
        ("ti2v-5b", {"_class_name": "WanPipeline", "expand_timesteps": True, "transformer_2": [None, None]}),
        ("s2v-14b", {"audio_encoder": ["transformers", "Wav2Vec2ForCTC"], "transformer_2": [None, None]}),
        ("animate-14b", {"image_processor": ["transformers", "CLIPImageProcessor"]}),
        ("vace-fun-a14b", {"transformer_2": ["diffusers", "WanVACETransformer3DModel"], "boundary_ratio": 0.875}),
    ],
)
def test_the_index_is_the_variants(name: str, says: dict[str, Any]) -> None:
    index = model_index(name)
    assert says.items() <= index.items()
    assert set(components(name)) < index.keys()
    assert ("boundary_ratio" in index) == (VARIANTS[name].experts == 2)
    assert ("expand_timesteps" in index) == (name == "ti2v-5b")


@pytest.mark.parametrize("name", VARIANTS)
def test_the_scheduler_has_the_references_shift(name: str) -> None:
    assert scheduler(name)["flow_shift"] == VARIANTS[name].sampling.flow_shift
