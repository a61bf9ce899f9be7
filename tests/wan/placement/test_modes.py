from __future__ import annotations

from wan.placement import Placement, next_leaner


def test_each_placement_has_a_leaner_one_but_the_last() -> None:
    chain: list[Placement | None] = ["resident"]
    while chain[-1] is not None:
        chain.append(next_leaner(chain[-1]))
    assert chain == ["resident", "expert_swap", "offload", "low_vram", None]
