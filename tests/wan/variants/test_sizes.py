"""What goes through the autoencoder for a clip, and how many blocks a transformer has."""

from __future__ import annotations

import pytest

from wan.variants import VARIANTS


@pytest.mark.parametrize(
    ("name", "frames", "videos", "follows", "coded"),
    [
        ("t2v-a14b", 81, (), False, (81, 0)),
        ("t2v-a14b", 81, ("video",), True, (81, 81)),
        ("i2v-a14b", 81, (), True, (81, 81)),
        ("ti2v-5b", 121, (), False, (121, 1)),
        ("s2v-14b", 77, (), False, (77 + 4, 1 + 73)),
        ("s2v-14b", 80, ("audio", "pose"), True, (80 + 73, 1 + 73 + 80)),
        ("animate-14b", 77, ("pose", "face"), True, (77, 2 * 77 + 1)),
        ("vace-fun-a14b", 81, ("control", "mask"), False, (81, 2 * 81)),
    ],
)
def test_frames_that_are_decoded_and_encoded(
    name: str, frames: int, videos: tuple[str, ...], follows: bool, coded: tuple[int, int]
) -> None:
    assert VARIANTS[name].coding.frames(frames, videos, follows=follows) == coded


def test_vace_has_blocks_of_its_own_beside_those_of_the_transformer() -> None:
    assert {name: variant.transformer.blocks for name, variant in VARIANTS.items()} == {
        "t2v-a14b": 40,
        "i2v-a14b": 40,
        "ti2v-5b": 30,
        "s2v-14b": 40,
        "animate-14b": 40,
        "vace-fun-a14b": 48,
    }
