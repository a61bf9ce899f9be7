"""Parts that are on the device only while they are needed (`wan.model.parts.Parts`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from wan.placement.group import Group
from wan.placement.modes import Placement
from wan.placement.streamed import StreamedList, Streamer, streamable

_ROOM_LEFT = 1 << 30  # bytes of a GPU that a part fetched ahead leaves free


class Lent:
    """One part: its model's weights on the host, and on the device between `fetch` and `release`."""

    def __init__(self, part: Any, device: torch.device, *, streamed: bool, placement: Placement) -> None:
        self.part = part
        self._device = device
        model: nn.Module = part.model
        joined = placement != "low_vram"
        pinned = joined and device.type == "cuda"
        lists = streamable(model)
        groups = [[Group(layer, pinned=pinned, joined=joined) for layer in layers] for _, layers in lists]
        layers_apart = [module for _, layers in lists for module in layers]
        self._whole = [Group(model, pinned=pinned, joined=joined, without=layers_apart)]
        self._streamers: list[Streamer] = []
        for (name, layers), of_list in zip(lists, groups, strict=True):
            if streamed:
                streamer = Streamer(of_list, device, ahead=placement == "offload")
                self._streamers.append(streamer)
                parent, _, last = name.rpartition(".")
                setattr(model.get_submodule(parent), last, StreamedList(layers, streamer))
            else:
                self._whole.extend(of_list)
        self._memory: list[Tensor] = []
        self._arrived: torch.cuda.Event | None = None

    @property
    def bytes(self) -> int:
        """What it takes on the device."""
        return sum(group.bytes for group in self._whole) + sum(streamer.bytes for streamer in self._streamers)

    @property
    def is_here(self) -> bool:
        return bool(self._memory)

    def fetch(self, stream: torch.cuda.Stream | None = None) -> None:
        """Bring the weights to the device, on `stream` when they are not needed yet."""
        if self.is_here:
            return
        with torch.inference_mode(False), torch.no_grad():
            memory = [torch.empty(group.bytes, dtype=torch.uint8, device=self._device) for group in self._whole]
            if stream is not None:
                stream.wait_stream(torch.cuda.current_stream(self._device))
            with nullcontext() if stream is None else torch.cuda.stream(stream):
                for group, piece in zip(self._whole, memory, strict=True):
                    group.copy_to(piece)
                if stream is not None:
                    self._arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
                    self._arrived.record(stream)
            for group, piece in zip(self._whole, memory, strict=True):
                group.lend(piece)
            for streamer in self._streamers:
                streamer.open()
            self._memory = memory

    def wait(self) -> None:
        """What is queued from now on finds the weights there, and LoRA layers that were added since."""
        if self._arrived is not None:
            torch.cuda.current_stream(self._device).wait_event(self._arrived)
            self._arrived = None
        with torch.inference_mode(False), torch.no_grad():
            for group, piece in zip(self._whole, self._memory, strict=True):
                group.lend_added(piece.device)

    def release(self) -> None:
        """Give the device's memory back."""
        if not self.is_here:
            return
        self.wait()
        with torch.inference_mode(False), torch.no_grad():
            for group in self._whole:
                group.take_back()
            for streamer in self._streamers:
                streamer.close()
        self._memory = []


class Moved:
    """Parts of which only those in use are on the device."""

    def __init__(self, parts: Mapping[str, Any], device: torch.device, placement: Placement) -> None:
        """`parts` are loaded on the host. Everything but the autoencoder is streamed by `offload` and `low_vram`."""
        streams = placement in ("offload", "low_vram")
        self._lent = {
            name: Lent(part, device, streamed=streams and name != "vae", placement=placement)
            for name, part in parts.items()
        }
        self._device = device
        self._in_use: dict[str, int] = dict.fromkeys(parts, 0)
        self._ahead = placement == "expert_swap" and device.type == "cuda"
        self._stream: torch.cuda.Stream | None = None
        self.fetched_ahead: list[str] = []

    @property
    def device(self) -> torch.device:
        return self._device

    @contextmanager
    def use(self, name: str) -> Iterator[Any]:
        lent = self._lent[name]
        if not lent.is_here:
            for other, part in self._lent.items():
                if not self._in_use[other]:
                    part.release()
            lent.fetch()
        lent.wait()
        self._in_use[name] += 1
        try:
            yield lent.part
        finally:
            self._in_use[name] -= 1

    def peek(self, name: str) -> Any:
        return self._lent[name].part

    def soon(self, name: str) -> None:
        """Fetch the part on a stream of its own, if the device has room for it beside what is there."""
        lent = self._lent[name]
        if not self._ahead or lent.is_here or lent.bytes + _ROOM_LEFT > free_bytes(self._device):
            return
        if self._stream is None:
            self._stream = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        lent.fetch(self._stream)
        self.fetched_ahead.append(name)

    def done(self, name: str) -> None:
        if not self._in_use[name]:
            self._lent[name].release()


def free_bytes(device: torch.device) -> int:
    """What a GPU has left for weights: its free memory, and what torch holds without using it, less what computing took
    so far beside the weights, which the next step takes again."""
    free, total = torch.cuda.mem_get_info(device)
    held = torch.cuda.memory_reserved(device)
    allowed = int(total * torch.cuda.get_per_process_memory_fraction(gpu_number(device))) - held
    return min(free, allowed) + held - torch.cuda.max_memory_allocated(device)


def gpu_number(device: torch.device) -> int:
    """Of a device that may be named without one; torch's limits want it."""
    return torch.cuda.current_device() if device.index is None else device.index
