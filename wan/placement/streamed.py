"""A list of layers whose weights are on the device only while a layer is in use.

The layers of a transformer are asked for one after another, by index or in a loop; the asking itself brings them. Two
pieces of device memory take turns: while one layer computes, the next is copied into the other piece on a stream of
its own. A layer's weights are back on the host as soon as its piece is given to another, so that a layer used out of
turn fails loudly and never computes with weights that are not its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from wan.placement.group import Group


class _Piece:
    """Device memory for one layer, and which layer it has."""

    def __init__(self, size: int, device: torch.device) -> None:
        self.memory: Tensor = torch.empty(size, dtype=torch.uint8, device=device)
        self.layer: int | None = None
        self.filled: torch.cuda.Event | None = None


class Streamer:
    """Lends the layers of one list to a device, one at a time."""

    def __init__(self, groups: Sequence[Group], device: torch.device, *, ahead: bool) -> None:
        """`ahead` copies the layer after the one in use while that computes."""
        self._groups = list(groups)
        self._device = device
        self._ahead = ahead and len(groups) > 1
        self._pieces: list[_Piece] = []
        self._stream: torch.cuda.Stream | None = None

    @property
    def is_open(self) -> bool:
        return bool(self._pieces)

    @property
    def bytes(self) -> int:
        """What it takes on the device while it is open."""
        return max(group.bytes for group in self._groups) * (2 if self._ahead else 1)

    def open(self) -> None:
        size = max(group.bytes for group in self._groups)
        self._pieces = [_Piece(size, self._device) for _ in range(2 if self._ahead else 1)]
        if self._ahead and self._device.type == "cuda" and self._stream is None:
            self._stream = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        for piece in self._pieces:
            self._empty(piece)
        self._pieces = []

    def fetch(self, index: int) -> None:
        """Layer `index` is on the device for whatever is queued from now until another is fetched."""
        with torch.inference_mode(False), torch.no_grad():
            piece = next((each for each in self._pieces if each.layer == index), None)
            if piece is None:
                piece = self._pieces[0]
                self._wait_for(piece)
                self._fill(piece, index)
            else:
                self._wait_for(piece)
            self._groups[index].lend(self._part(piece, index))
            if self._ahead:
                self._fill_ahead(piece, (index + 1) % len(self._groups))

    def _fill_ahead(self, busy: _Piece, index: int) -> None:
        piece = next(each for each in self._pieces if each is not busy)
        if piece.layer == index:
            return
        if self._stream is None:
            self._fill(piece, index)
            return
        # What computed with this piece is queued by now; the copy starts when that is done.
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            self._fill(piece, index)
            piece.filled = torch.cuda.Event()  # type: ignore[no-untyped-call]
            piece.filled.record(self._stream)

    def _wait_for(self, piece: _Piece) -> None:
        if piece.filled is not None:
            torch.cuda.current_stream(self._device).wait_event(piece.filled)
            piece.filled = None

    def _fill(self, piece: _Piece, index: int) -> None:
        self._empty(piece)
        self._groups[index].copy_to(self._part(piece, index))
        piece.layer = index

    def _empty(self, piece: _Piece) -> None:
        if piece.layer is not None:
            self._groups[piece.layer].take_back()
            piece.layer = None

    def _part(self, piece: _Piece, index: int) -> Tensor:
        return piece.memory[: self._groups[index].bytes]


class StreamedList(nn.ModuleList):
    """An `nn.ModuleList` with the same layers under the same names; while its streamer is open, asking for a layer
    brings it to the device."""

    def __init__(self, layers: nn.ModuleList, streamer: Streamer) -> None:
        super().__init__(layers)
        self.streamer = streamer

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return _Slice(self, range(len(self))[index])
        number = range(len(self))[index]
        if self.streamer.is_open:
            self.streamer.fetch(number)
        return self._modules[str(number)]

    def __iter__(self) -> Iterator[nn.Module]:
        return (self[number] for number in range(len(self)))


class _Slice:
    """Some layers of a streamed list, each brought when it is its turn."""

    def __init__(self, layers: StreamedList, numbers: range) -> None:
        self._layers, self._numbers = layers, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[nn.Module]:
        return (self._layers[number] for number in self._numbers)

    def __getitem__(self, index: int) -> nn.Module:
        layer: nn.Module = self._layers[self._numbers[index]]
        return layer


def streamable(model: nn.Module) -> list[tuple[str, nn.ModuleList]]:
    """The outermost lists of layers in a model, by name, those of one layer left out."""
    lists: list[tuple[str, nn.ModuleList]] = []
    for name, module in model.named_modules():
        inside = any(name.startswith(f"{outer}.") for outer, _ in lists)
        if type(module) is nn.ModuleList and len(module) > 1 and not inside:
            lists.append((name, module))
    return lists
