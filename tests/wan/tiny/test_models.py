from __future__ import annotations

import pytest

from wan.tiny import models

MOST = 4_000_000
"""Parameters: 40 MB make the whole family."""


@pytest.mark.parametrize(
    "build",
    [
        models.build_vae,
        models.build_vae22,
        lambda: models.build_transformer(16),
        models.build_ti2v_transformer,
        models.build_vace_transformer,
        models.build_animate_transformer,
        models.build_s2v_transformer,
        models.build_image_encoder,
        models.build_audio_encoder,
        lambda: models.build_text_encoder(300),
    ],
    ids=["vae", "vae22", "t2v", "ti2v", "vace", "animate", "s2v", "image", "audio", "text"],
)
def test_every_model_is_small(build: object) -> None:
    assert sum(weight.numel() for weight in build().parameters()) < MOST  # type: ignore[operator]
