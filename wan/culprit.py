"""Where values that are no numbers come from: LoRAs, weights, inputs, or a layer. Looked for once they are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from safetensors import safe_open
from torch import Tensor, nn

from wan.errors import NumbersError
from wan.model.finite import is_finite
from wan.model.parts import Parts
from wan.request import Lora

NO_NUMBERS = "the model gave no numbers (NaN or infinity)"
_OFTEN = "values that are too large for the precision (try fp32, or LoRAs of less weight), or a broken GPU"


def find_culprit(
    when: str,
    *,
    parts: Parts,
    part: str,
    loras: Sequence[Lora],
    inputs: Mapping[str, Tensor | None],
    again: Callable[[], object],
) -> NumbersError:
    """The error to raise for a step (`when`) that gave no numbers. `inputs` are what the step was given by name;
    `again` takes it once more. Reads files and weights whole, so ask only then."""
    message = f"{NO_NUMBERS} {when}"
    for lora in loras:
        key = bad_key(lora)
        if key is not None:
            return NumbersError(
                f"{message}: the LoRA {lora.path} holds such values itself, first in {key}; leave it out, or use "
                "another copy of it",
                "lora",
            )
    for name, tensor in inputs.items():
        if tensor is not None and not bool(is_finite(tensor)):
            return _of_input(message, name, parts)
    with parts.use(part) as used:
        bad = bad_weight(used.model)
    if bad is not None:
        return _of_weights(message, part, bad)
    with parts.use(part) as used:
        layer = bad_layer(used.model, again)
    where = f"first behind layer {layer} of {part}" if layer else f"in {part}"
    with_loras = f", on which there are LoRAs ({', '.join(str(lora.path) for lora in loras)})" if loras else ""
    return NumbersError(f"{message}, {where}{with_loras}: {_OFTEN}")


def culprit_of_frames(error: NumbersError, parts: Parts) -> NumbersError:
    """The error to raise for frames that were decoded from finite latents and are no numbers."""
    with parts.use("vae") as vae:
        bad = bad_weight(vae.model)
    return _of_weights(str(error), "vae", bad) if bad else error


def bad_key(lora: Lora) -> str | None:
    """The first key of a LoRA's file whose values are not finite."""
    with safe_open(lora.path, framework="pt") as file:
        for key in file.keys():  # noqa: SIM118  # no mapping
            if not bool(is_finite(file.get_tensor(key))):
                return str(key)
    return None


def bad_weight(model: nn.Module) -> str | None:
    """The first parameter or buffer that is not finite."""
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        if not tensor.is_meta and not bool(is_finite(tensor)):
            return name
    return None


def bad_layer(model: nn.Module, run: Callable[[], object]) -> str | None:
    """The first module whose output is not finite while `run` runs; a compiled model may hide it."""
    bad: list[str] = []

    def watch(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def look(module: nn.Module, inputs: Any, output: Any) -> None:
            if not bad and any(not bool(is_finite(tensor)) for tensor in _tensors(output)):
                bad.append(name)

        return look

    handles = [module.register_forward_hook(watch(name)) for name, module in model.named_modules() if name]
    try:
        run()
    finally:
        for handle in handles:
            handle.remove()
    return bad[0] if bad else None


def _of_input(message: str, name: str, parts: Parts) -> NumbersError:
    if not name.endswith("prompt"):
        return NumbersError(f"{message}: its input {name} holds such values: {_OFTEN}")
    with parts.use("text_encoder") as text:
        bad = bad_weight(text.model)
    if bad is not None:
        return _of_weights(message, "text_encoder", bad)
    return NumbersError(f"{message}: the text encoder made such values of the {name}: {_OFTEN}")


def _of_weights(message: str, part: str, name: str) -> NumbersError:
    return NumbersError(
        f"{message}: the weights of {part} hold such values themselves, first in {name}; verify the checkpoint's files",
        "weights",
    )


def _tensors(output: Any) -> list[Tensor]:
    if isinstance(output, Tensor):
        return [output]
    return [each for each in output if isinstance(each, Tensor)] if isinstance(output, tuple | list) else []
