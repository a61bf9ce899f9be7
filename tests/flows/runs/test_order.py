"""What a run is asked to make, as it is passed on."""

from __future__ import annotations

import pytest

from flows.runs.order import Order, order_from

DIGEST = "ab" * 32


def test_it_is_read_as_it_was_written() -> None:
    order = Order(storyboard="boat\n", overrides=("a=b", "c='d'"), only=("x.y",), store="/s", run="1", url="http://u")
    line = order.to_line()
    assert (order_from(line), line.count(b"\n")) == (order, 1)


@pytest.mark.parametrize(
    ("storyboard", "sent"),
    [(f"sha256:{DIGEST}", DIGEST), (DIGEST, None), (f"sha256:{DIGEST}0", None), ("sha256:../x", None), ("boat", None)],
)
def test_a_storyboard_that_was_sent_is_told_from_a_name(storyboard: str, sent: str | None) -> None:
    assert Order(storyboard=storyboard).sent == sent
