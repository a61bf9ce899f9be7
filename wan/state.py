"""The state of a clip between steps: everything the rest depends on. Written and read back, it goes on bit for bit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save, save_file
from torch import Tensor

from wan.errors import StateError
from wan.model.row_major import row_major
from wan.request import Guidance, Lora, Numerics, Sampling
from wan.sampling.solver import SolverState
from wan.system.files import replacing

_FORMAT = "wanflow.state.2"
_CONDITION, _SOLVER = "condition.", "solver."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """A clip after `step` of its steps.

    `latents` `[1, C, F, h, w]` and the solver's memory are fp32; `conditions` are what the variant's method made of
    pictures, sounds and videos; embeddings `[1, L, D]` in the text encoder's precision, `negative_embeddings` only when
    a step is guided. `generator` is the state of the CPU generator after the noise was drawn. `checkpoint` and
    `numerics` say which pipeline may go on.
    """

    variant: str
    checkpoint: str
    request_digest: str
    seed: int
    sampling: Sampling
    numerics: Numerics
    step: int
    latents: Tensor
    embeddings: Tensor
    negative_embeddings: Tensor | None
    conditions: Mapping[str, Tensor]
    generator: Tensor
    solver: SolverState
    loras: tuple[Lora, ...] = ()

    def __post_init__(self) -> None:
        """Lay the tensors out as a file would: a state that was never written goes on like one that was."""
        set_field = object.__setattr__
        for name in ("latents", "embeddings", "generator"):
            set_field(self, name, row_major(getattr(self, name)))
        if self.negative_embeddings is not None:
            set_field(self, "negative_embeddings", row_major(self.negative_embeddings))
        set_field(self, "conditions", {name: row_major(tensor) for name, tensor in self.conditions.items()})
        tensors = {name: row_major(tensor) for name, tensor in self.solver.tensors.items()}
        set_field(self, "solver", SolverState(tensors, self.solver.counters))

    @property
    def steps(self) -> int:
        """How many steps the clip has in all."""
        return self.sampling.num_inference_steps

    def after(self, step: int, latents: Tensor, solver: SolverState) -> State:
        """The state after more steps."""
        return replace(self, step=step, latents=latents, solver=solver)

    def save(self, path: str | Path) -> None:
        """Write one safetensors file, whole or not at all. Raises `OSError` when the disk does not take it."""
        target = Path(path)
        try:
            with replacing(target) as temporary:
                save_file(self._apart(), temporary, metadata=self._metadata())
        except SafetensorError as error:  # the tensors are sound: what failed is the writing
            raise OSError(f"{target} could not be written: {error}") from error

    def to_bytes(self, **notes: str) -> bytes:
        """What `save` writes, with `notes` beside it that are no part of the state."""
        return save(self._apart(), metadata=notes | self._metadata())

    @staticmethod
    def load(path: str | Path) -> State:
        """Read a state written by `save`. Raises `StateError` when the file is damaged or something else."""
        try:
            with safe_open(str(path), framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        except (OSError, SafetensorError) as error:
            raise StateError(f"{path} cannot be read as a state: {error}") from error
        return _from_file(str(path), metadata, tensors)

    @staticmethod
    def from_bytes(data: bytes) -> tuple[State, dict[str, str]]:
        """A state and its notes from what `to_bytes` gave. Raises `StateError`."""
        try:
            length = int.from_bytes(data[:8], "little")
            metadata = dict(json.loads(data[8 : 8 + length])["__metadata__"])
            tensors = load(data)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise StateError(f"these {len(data)} bytes are no state: {error}") from error
        return _from_file("what was given", metadata, tensors), metadata

    def on_host(self) -> tuple[State, Callable[[], None]]:
        """A copy in host memory, and what to call before it is used. The GPU is not waited for here: it copies behind
        the work that is queued, and goes on."""
        if self.latents.device.type != "cuda":
            return self, lambda: None
        arrived = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
        copies = {name: _sent(tensor) for name, tensor in self._tensors().items()}
        arrived.record(torch.cuda.current_stream(self.latents.device))
        return self._with(copies), arrived.synchronize

    def _with(self, tensors: Mapping[str, Tensor]) -> State:
        """The same state of other tensors, which `_tensors` names."""
        return replace(self, **_placed(tensors, self.solver.counters))

    def _apart(self) -> dict[str, Tensor]:
        """In host memory, each for itself: safetensors refuses two names for one memory, and the solver's last sample
        may be the latents."""
        return {name: tensor.cpu().clone() for name, tensor in self._tensors().items()}

    def _metadata(self) -> dict[str, str]:
        return {"format": _FORMAT, "state": json.dumps(self._values())}

    def _tensors(self) -> dict[str, Tensor]:
        named = {
            "latents": self.latents,
            "embeddings": self.embeddings,
            "generator": self.generator,
            **{_SOLVER + name: tensor for name, tensor in self.solver.tensors.items()},
            **{_CONDITION + name: tensor for name, tensor in self.conditions.items()},
        }
        if self.negative_embeddings is not None:
            named["negative_embeddings"] = self.negative_embeddings
        return named

    def _values(self) -> dict[str, Any]:
        return {
            "variant": self.variant,
            "checkpoint": self.checkpoint,
            "request_digest": self.request_digest,
            "seed": self.seed,
            "step": self.step,
            "sampling": asdict(self.sampling),
            "numerics": asdict(self.numerics),
            "counters": dict(self.solver.counters),
            "loras": [{**asdict(lora), "path": str(lora.path)} for lora in self.loras],
        }


def _from_file(name: str, metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> State:
    if metadata.get("format") != _FORMAT:
        raise StateError(f"{name} is no saved state of this version (format {metadata.get('format')!r})")
    try:
        return _from_parts(json.loads(metadata["state"]), tensors)
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(f"{name} is no saved state of this version: {error!r}") from error


def _from_parts(values: dict[str, Any], tensors: Mapping[str, Tensor]) -> State:
    sampling = values.pop("sampling")
    counters = values.pop("counters")
    loras = tuple(Lora(**{**lora, "path": Path(lora["path"])}) for lora in values.pop("loras"))
    return State(
        sampling=Sampling(**{**sampling, "guidance_scale": Guidance(**sampling["guidance_scale"])}),
        numerics=Numerics(**values.pop("numerics")),
        loras=loras,
        **_placed(tensors, counters),
        **values,
    )


def _placed(tensors: Mapping[str, Tensor], counters: Mapping[str, int]) -> dict[str, Any]:
    """The fields of a state that hold tensors."""
    return {
        "latents": tensors["latents"],
        "embeddings": tensors["embeddings"],
        "generator": tensors["generator"],
        "negative_embeddings": tensors.get("negative_embeddings"),
        "conditions": _under(_CONDITION, tensors),
        "solver": SolverState(_under(_SOLVER, tensors), counters),
    }


def _sent(tensor: Tensor) -> Tensor:
    if tensor.device.type != "cuda":
        return tensor
    try:
        here = torch.empty_like(tensor, device="cpu", pin_memory=True)
    except RuntimeError:  # the system locks no more memory: the copy is waited for
        return tensor.cpu()
    return here.copy_(tensor, non_blocking=True)


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
