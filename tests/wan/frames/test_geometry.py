from __future__ import annotations

import pytest

from wan.errors import RequestError
from wan.families import FAMILIES, Role
from wan.frames.geometry import (
    allowed_lengths,
    is_rounding_of,
    longest_clip,
    nearest_sizes,
    num_frames_at_least,
)
from wan.variants import VARIANTS

T2V = VARIANTS["t2v-a14b"]
TINY = FAMILIES["tiny"].roles["t2v-a14b"]


@pytest.mark.parametrize(("wanted", "length"), [(1, 1), (2, 5), (5, 5), (6, 9), (32, 33), (33, 33), (81, 81), (82, 85)])
def test_a_length_is_the_next_4n_plus_1(wanted: int, length: int) -> None:
    assert num_frames_at_least(wanted, T2V) == length


def test_a_family_may_know_only_some_lengths() -> None:
    assert num_frames_at_least(20, T2V, TINY) == 33
    with pytest.raises(RequestError, match="at most 33 frames here, not 34"):
        num_frames_at_least(34, T2V, TINY)


def test_the_shortest_of_several_lengths_that_suffices_is_taken() -> None:
    role = Role(variant="t2v-a14b", folder="x", lengths=(33, 17))
    assert [num_frames_at_least(n, T2V, role) for n in (1, 17, 18)] == [17, 17, 33]


def test_no_frames_are_no_clip() -> None:
    with pytest.raises(RequestError, match="at least 1 frame"):
        num_frames_at_least(0, T2V)


def test_the_longest_clip_is_the_roles_or_the_variants_native_length() -> None:
    assert longest_clip(T2V) == 81
    assert longest_clip(T2V, TINY) == 33
    assert longest_clip(VARIANTS["ti2v-5b"], Role(variant="ti2v-5b", folder="x")) == 121


def test_nearest_sizes_are_never_zero() -> None:
    assert nearest_sizes((1281, 5), 16) == ((1280, 16), (1296, 16))
    assert nearest_sizes((0, 0), 16) == ((16, 16), (16, 16))


@pytest.mark.parametrize(
    ("picture", "rounding"), [((1500, 1000), False), ((1600, 900), True), ((900, 1600), False), ((1000, 563), True)]
)
def test_another_aspect_is_no_rounding(picture: tuple[int, int], rounding: bool) -> None:
    assert is_rounding_of(picture, (1280, 720), 16) == rounding


def test_what_a_prompt_alone_is_enough_for_draws_one_frame() -> None:
    for name in ("t2v-a14b", "ti2v-5b"):
        assert allowed_lengths(VARIANTS[name], None, 1) == (1, 5)
        assert num_frames_at_least(1, VARIANTS[name]) == 1
        assert num_frames_at_least(2, VARIANTS[name]) == 5
        assert 1 not in allowed_lengths(VARIANTS[name], None, 1, following=True)
    for name in ("i2v-a14b", "vace-fun-a14b", "s2v-14b", "animate-14b"):
        assert 1 not in allowed_lengths(VARIANTS[name], None, 1)
