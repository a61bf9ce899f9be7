"""The state of a clip between steps: everything the rest depends on. Written and read back, it goes on bit for bit."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from wan.errors import StateError
from wan.request import Guidance, Numerics, Sampling
from wan.sampling.solver import SolverState

_FORMAT = "wanflow.state.1"
_OPTIONAL = ("negative_embeddings", "condition")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """A clip after `step` of its steps.

    `latents` `[1, C, F, h, w]` and the solver's memory are fp32; `condition` `[1, 20, F, h, w]` (I2V) fp32; embeddings
    `[1, L, D]` in the text encoder's precision, `negative_embeddings` only when a step is guided. `generator` is the
    state of the CPU generator after the noise was drawn. `checkpoint` and `numerics` say which pipeline may go on.
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
    condition: Tensor | None
    generator: Tensor
    solver: SolverState

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
        tensors = {name: tensor.contiguous().cpu() for name, tensor in self._tensors().items()}
        # safetensors refuses two names for one memory: the solver's last sample may be the latents
        tensors = {name: tensor.clone() for name, tensor in tensors.items()}
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(handle)
        try:
            save_file(tensors, temporary, metadata={"format": _FORMAT, "state": json.dumps(self._values())})
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    @staticmethod
    def load(path: str | Path) -> State:
        """Read a state written by `save`. Raises `StateError` when the file is damaged or something else."""
        try:
            with safe_open(str(path), framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        except (OSError, SafetensorError) as error:
            raise StateError(f"{path} cannot be read as a state: {error}") from error
        if metadata.get("format") != _FORMAT:
            raise StateError(f"{path} is no saved state of this version (format {metadata.get('format')!r})")
        try:
            return _from_parts(json.loads(metadata["state"]), tensors)
        except (KeyError, TypeError, ValueError) as error:
            raise StateError(f"{path} is no saved state of this version: {error!r}") from error

    def _tensors(self) -> dict[str, Tensor]:
        named = {
            "latents": self.latents,
            "embeddings": self.embeddings,
            "generator": self.generator,
            **{f"solver.{name}": tensor for name, tensor in self.solver.tensors.items()},
        }
        optional = {name: getattr(self, name) for name in _OPTIONAL}
        return named | {name: tensor for name, tensor in optional.items() if tensor is not None}

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
        }


def _from_parts(values: dict[str, Any], tensors: Mapping[str, Tensor]) -> State:
    sampling = values.pop("sampling")
    counters = values.pop("counters")
    prefix = "solver."
    remembered = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
    return State(
        sampling=Sampling(**{**sampling, "guidance_scale": Guidance(**sampling["guidance_scale"])}),
        numerics=Numerics(**values.pop("numerics")),
        latents=tensors["latents"],
        embeddings=tensors["embeddings"],
        generator=tensors["generator"],
        negative_embeddings=tensors.get("negative_embeddings"),
        condition=tensors.get("condition"),
        solver=SolverState(remembered, counters),
        **values,
    )
