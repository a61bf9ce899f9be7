from __future__ import annotations

from typing import Any

import pytest
import torch

from wan.errors import Cancelled
from wan.model import pace
from wan.model.pace import AHEAD, Pace
from wan.system.stop import heeding


class Ends:
    """In place of a GPU's events: writes down what is queued and waited for."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []
        self.made = 0

    def event(self, blocking: bool) -> Any:
        assert blocking, "a host that spins takes a core from whoever writes and decodes beside it"
        number, ends = self.made, self
        self.made += 1

        class End:
            def record(self, stream: str) -> None:
                assert stream == "the stream of cuda:0"
                ends.told.append(("queued", number))

            def synchronize(self) -> None:
                ends.told.append(("waited", number))

        return End()


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Ends:
    found = Ends()
    monkeypatch.setattr(pace.torch.cuda, "Event", found.event)
    monkeypatch.setattr(pace.torch.cuda, "current_stream", lambda device: f"the stream of {device}")
    return found


def test_a_gpu_has_one_piece_to_do_while_the_one_before_it_is_waited_for(ends: Ends) -> None:
    row = Pace(torch.device("cuda:0"))
    with heeding(lambda: False):
        for _ in range(3):
            row.between()
    assert AHEAD == 1
    assert ends.told == [("queued", 0), ("queued", 1), ("waited", 0), ("queued", 2), ("waited", 1)]


def test_nothing_is_waited_for_where_nobody_is_asked(ends: Ends) -> None:
    Pace(torch.device("cuda:0")).between()
    assert ends.told == []


def test_a_stop_is_seen_between_two_pieces_on_any_device(ends: Ends) -> None:
    for device in ("cpu", "cuda:0"):
        with pytest.raises(Cancelled), heeding(lambda: True):
            Pace(torch.device(device)).between()
