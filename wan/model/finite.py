"""Whether the latents are numbers, looked at after every step without waiting for the GPU."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """The latents before `step`, and whether those after it are finite, which is known once `done` has happened."""

    step: int
    before: Tensor
    finite: Tensor
    done: torch.cuda.Event | None


class Watch:
    """One reduction a step. On a GPU its answer comes back behind the step, and is read when it has arrived: mostly
    after the next one, so that the GPU never runs dry."""

    def __init__(self) -> None:
        self._looks: deque[Look] = deque()

    def look(self, step: int, latents: Tensor, before: Tensor) -> Look | None:
        """Note the latents after a step. Returns the first step known by now to have given no numbers."""
        finite, done = is_finite(latents), None
        if latents.device.type == "cuda":
            answer = torch.empty((), dtype=torch.bool, pin_memory=True)
            finite = answer.copy_(finite, non_blocking=True)
            done = torch.cuda.Event()  # type: ignore[no-untyped-call]
            done.record(torch.cuda.current_stream(latents.device))
        self._looks.append(Look(step, before, finite, done))
        return self._first_bad(wait=False)

    def settle(self) -> Look | None:
        """As `look`, when every answer has been waited for."""
        return self._first_bad(wait=True)

    def _first_bad(self, *, wait: bool) -> Look | None:
        while self._looks:
            done = self._looks[0].done
            if done is not None and wait:
                done.synchronize()
            elif done is not None and not done.query():  # type: ignore[no-untyped-call]
                return None
            look = self._looks.popleft()
            if not bool(look.finite):
                return look
        return None


def is_finite(tensor: Tensor) -> Tensor:
    """One boolean, where the tensor is: whether it holds neither NaN nor infinity. Eight-bit floats too.

    The least and the greatest value say it (NaN is both): one pass, and no memory of the tensor's size.
    """
    if not tensor.is_floating_point() or tensor.numel() == 0:
        return torch.ones((), dtype=torch.bool, device=tensor.device)
    least, greatest = torch.aminmax(tensor if tensor.dtype.itemsize > 1 else tensor.float())
    return torch.isfinite(least) & torch.isfinite(greatest)
