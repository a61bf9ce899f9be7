"""The weights of a module, kept on the host and lent to a device as one piece of memory.

Parameters keep their identity: only where their data lies changes, so that hooks, LoRA layers and compiled functions
that know them go on working.
"""

from __future__ import annotations

import weakref
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from wan.system.stop import look_for_stop

_ALIGNMENT = 256  # bytes, as CUDA's allocator aligns: kernels are chosen by it


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    """One parameter or buffer, and where it lies in the piece."""

    owner: nn.Module
    name: str
    host: Tensor
    offset: int

    def point_to(self, data: Tensor) -> None:
        parameter = self.owner._parameters.get(self.name)
        if parameter is not None:
            parameter.data = data
        else:
            self.owner._buffers[self.name] = data

    def within(self, piece: Tensor) -> Tensor:
        """Its place in `piece`, in its own type, shape and memory layout."""
        size = self.host.numel() * self.host.itemsize
        flat = piece[self.offset : self.offset + size].view(self.host.dtype)
        return flat.as_strided(self.host.shape, self.host.stride())


class Group:
    """Weights that come and go together. `bytes` is what they take on a device."""

    def __init__(
        self, root: nn.Module, *, pinned: bool, joined: bool, without: Collection[nn.Module] = frozenset()
    ) -> None:
        """The weights of `root` and of what is in it, but for the modules `without`.

        `joined` copies the weights side by side, which makes lending them one copy, and `pinned` locks that memory,
        which makes it a quick one; else they stay where they are, in the pages of a file for example."""
        self._root, self._without = root, frozenset(without)
        self._items: list[_Item] = []
        self._known: set[int] = set()
        self.bytes = 0
        for owner, name, tensor in self._tensors():
            if id(tensor) in self._known:
                continue
            self._known.add(id(tensor))
            host = _dense(tensor.data)
            self._items.append(_Item(owner, name, host, self.bytes))
            self.bytes += -(-host.numel() * host.itemsize // _ALIGNMENT) * _ALIGNMENT
        self._joined = self._join(pinned) if joined else None

    def copy_to(self, piece: Tensor) -> None:
        """Write the weights into `piece`, uint8 `[bytes]` on any device; on the current stream."""
        if self._joined is not None:
            piece.copy_(self._joined, non_blocking=True)
            return
        for item in self._items:
            item.within(piece).copy_(item.host, non_blocking=True)

    def lend(self, piece: Tensor) -> None:
        """From now on the weights are those in `piece`."""
        for item in self._items:
            item.point_to(item.within(piece))
        self.lend_added(piece.device)

    def lend_added(self, device: torch.device) -> None:
        """Layers that were added since this group was made (LoRA) come along, and stay."""
        for _, _, tensor in self._tensors():
            if isinstance(tensor, nn.Parameter) and id(tensor) not in self._known and tensor.device != device:
                tensor.data = tensor.data.to(device)

    def take_back(self) -> None:
        """From now on the weights are those on the host."""
        for item in self._items:
            item.point_to(item.host)

    def _pin(self, memory: Tensor) -> None:
        """Lock the memory, in place: torch's own pinned memory comes in powers of two. Where the system refuses, copies
        are slower, and nothing else."""
        if memory.numel() == 0:
            return
        runtime = torch.cuda.cudart()  # type: ignore[no-untyped-call]
        if int(runtime.cudaHostRegister(memory.data_ptr(), memory.numel(), 0)) == 0:
            weakref.finalize(self, runtime.cudaHostUnregister, memory.data_ptr())

    def _tensors(self) -> Iterator[tuple[nn.Module, str, Tensor]]:
        waiting = [self._root]
        while waiting:
            module = waiting.pop()
            for name, tensor in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]:
                yield module, name, tensor
            waiting.extend(child for child in module.children() if child not in self._without)

    def _join(self, pinned: bool) -> Tensor:
        joined = torch.empty(max(self.bytes, 1), dtype=torch.uint8)[: self.bytes]
        if pinned:
            self._pin(joined)
        for number, item in enumerate(self._items):
            look_for_stop()
            place = item.within(joined)
            place.copy_(item.host)
            item.point_to(place)  # which frees the memory it had
            self._items[number] = _Item(item.owner, item.name, place, item.offset)
        return joined


def _dense(tensor: Tensor) -> Tensor:
    """The tensor without gaps between its elements; its memory layout (channels-last …) is kept."""
    extent = 1 + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return tensor if extent == tensor.numel() else tensor.contiguous()
