"""LoRAs laid on an expert for the clip that asks for them, and taken off again for the next.

A layer that is changed becomes an instance of a subclass that adds to what the layer gives; its weights are not touched
and it keeps its name, so that placements, fp8 weights and compiled blocks go on as before, and taking a LoRA off gives
the very model back. PEFT's layers would be new modules around the old ones, under other names.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wan.errors import RequestError
from wan.lora.file import Change, read_changes
from wan.model.parts import Parts
from wan.request import ExpertName, Lora

_FILES_KEPT = 4
_Weighted: TypeAlias = list[tuple[float, Change]]


def apply_loras(parts: Parts, name: str, expert: ExpertName | None, loras: Sequence[Lora]) -> None:
    """See to it that exactly these LoRAs, those of them meant for `expert`, are on the part `name`. None: the variant
    has one transformer.

    Raises `RequestError` that names the file when one cannot be read or was made for another model.
    """
    wanted = tuple(lora for lora in loras if (expert is None or lora.expert in ("both", expert)) and lora.weight != 0)
    with parts.use(name) as part:
        put_on(part.model, wanted, parts.device, expert)


def put_on(model: nn.Module, loras: Sequence[Lora], device: torch.device, expert: ExpertName | None = None) -> None:
    """Lay exactly these LoRAs on the model, whose layers run on `device`; those of before are taken off. Of files that
    name experts it gets what is for `expert`."""
    before = _WORN.get(model)
    asked = tuple(loras)
    if asked == (before.loras if before else ()):
        return
    take_off(model)
    if not asked:
        return
    changes = _by_place(model, asked, expert)
    worn = _Worn(asked, [])
    _WORN[model] = worn
    try:
        for place, weighted in changes.items():
            _change(model, place, weighted, device, worn)
    except BaseException:
        take_off(model)
        raise


def take_off(model: nn.Module) -> None:
    """The model as it was loaded."""
    worn = _WORN.pop(model, None)
    for module, kind in worn.modules if worn else ():
        module.__class__ = kind
        for name in [name for name in vars(module) if name.startswith(_MARK)]:
            delattr(module, name)


@dataclass(slots=True)
class _Worn:
    """The LoRAs on a model, and the modules they changed with the classes these had."""

    loras: tuple[Lora, ...]
    modules: list[tuple[nn.Module, type[nn.Module]]]


_WORN: WeakKeyDictionary[nn.Module, _Worn] = WeakKeyDictionary()
_FILES: OrderedDict[tuple[str, frozenset[str], ExpertName | None], dict[str, Change]] = OrderedDict()
_CLASSES: dict[tuple[type, str], type[nn.Module]] = {}
_MARK = "lora_"


def _by_place(model: nn.Module, loras: Sequence[Lora], expert: ExpertName | None) -> dict[str, _Weighted]:
    names = (name for name, _ in (*model.named_modules(), *model.named_parameters()))
    places = frozenset(name for name in names if name)
    by_place: dict[str, _Weighted] = {}
    for lora in loras:
        key = (lora.digest, places, expert)
        if key not in _FILES:
            _FILES[key] = read_changes(lora.path, places, expert)
        _FILES.move_to_end(key)
        if not _FILES[key] and lora.expert != "both":
            raise RequestError(f"loras: {lora.path} holds nothing for the {expert}-noise expert that it is asked for")
        for place, change in _FILES[key].items():
            by_place.setdefault(place, []).append((lora.weight, change))
        while len(_FILES) > _FILES_KEPT:
            _FILES.popitem(last=False)
    return by_place


def _change(model: nn.Module, place: str, weighted: _Weighted, device: torch.device, worn: _Worn) -> None:
    owner, _, parameter = place.rpartition(".")
    module = model.get_submodule(owner)
    if isinstance(getattr(module, parameter), nn.Module):
        module, parameter = model.get_submodule(place), "weight"
    if isinstance(module, nn.Linear | nn.Conv3d) and parameter == "weight":
        _add_to_layer(module, place, weighted, device, worn)
    else:
        _add_to_parameter(module, parameter, place, weighted, device, worn)


def _add_to_layer(
    layer: nn.Linear | nn.Conv3d, place: str, weighted: _Weighted, device: torch.device, worn: _Worn
) -> None:
    """A matrix product or a convolution: its output gets the LoRAs' on top."""
    shape = _shape(layer)
    dtype = layer.weight.dtype if layer.weight.dtype.itemsize > 1 else torch.bfloat16
    downs, ups, full, bias = [], [], None, None
    for weight, change in weighted:
        if "down" in change.tensors:
            down, up = change.tensors["down"].float(), change.tensors["up"].float()
            if down.shape[1:] != shape[1:] or up.shape[0] != shape[0]:
                raise _other_model(change, place, (up.shape[0], *down.shape[1:]), shape)
            downs.append(down)
            ups.append(up.flatten(1) * (weight * change.scale))
        for role, factor in (("bias", weight), ("up_bias", weight * change.scale)):
            if role in change.tensors:
                addition = change.tensors[role].float() * factor
                bias = addition if bias is None else bias + addition
        if "diff" in change.tensors:
            addition = change.tensors["diff"].float() * weight
            if addition.shape != shape:
                raise _other_model(change, place, tuple(addition.shape), shape)
            full = addition if full is None else full + addition
    if isinstance(layer, nn.Conv3d) and downs:
        product = (torch.cat(ups, dim=1) @ torch.cat(downs).flatten(1)).view(shape)
        full, downs, ups = product if full is None else full + product, [], []
    _wear(layer, _layer_class(type(layer)), worn)
    low_rank = (torch.cat(downs), torch.cat(ups, dim=1)) if downs else (None, None)
    names = ("lora_down", "lora_up", "lora_full", "lora_bias")
    for name, tensor in zip(names, (*low_rank, full, bias), strict=True):
        setattr(layer, name, None if tensor is None else tensor.to(device, dtype))


def _add_to_parameter(
    module: nn.Module, name: str, place: str, weighted: _Weighted, device: torch.device, worn: _Worn
) -> None:
    """A norm's weight or a modulation table: it reads as itself plus the differences. Files often hold zeros there."""
    for role, owned in (("diff", name), ("modulation", name), ("bias", "bias")):
        parameter = module._parameters.get(owned)
        changes = [change.tensors[role].float() * weight for weight, change in weighted if role in change.tensors]
        if not changes or not any(bool(each.any()) for each in changes):
            continue
        total = torch.stack([each.flatten() for each in changes]).sum(0)
        if parameter is None or total.numel() != parameter.numel():
            raise _other_model(
                weighted[0][1], place, tuple(changes[0].shape), () if parameter is None else tuple(parameter.shape)
            )
        _wear(module, _parameter_class(type(module), owned), worn)
        setattr(module, f"{_MARK}of_{owned}", total.view(parameter.shape).to(device))
    if any(set(change.tensors) & {"down", "up"} for _, change in weighted):
        raise RequestError(f"loras: {weighted[0][1].file}: {place} is no layer that a low-rank pair can be added to")


def _wear(module: nn.Module, kind: type[nn.Module], worn: _Worn) -> None:
    worn.modules.insert(0, (module, type(module)))
    module.__class__ = kind


def _layer_class(kind: type[nn.Module]) -> type[nn.Module]:
    adding = _AddingConvolution if issubclass(kind, nn.Conv3d) else _AddingLinear
    return _CLASSES.setdefault((kind, ""), type(kind.__name__, (adding, kind), {}))


def _parameter_class(kind: type[nn.Module], name: str) -> type[nn.Module]:
    def read(module: nn.Module) -> Tensor:
        own = module._parameters[name]
        assert own is not None
        addition: Tensor = getattr(module, f"{_MARK}of_{name}")
        return (own.float() + addition).to(own.dtype)

    return _CLASSES.setdefault((kind, name), type(kind.__name__, (kind,), {name: property(read)}))


class _Adding(nn.Module):
    lora_down: Tensor | None
    """`[rank, in]`, all LoRAs below each other."""
    lora_up: Tensor | None
    """`[out, rank]`, times weight and scale."""
    lora_full: Tensor | None
    lora_bias: Tensor | None


class _AddingLinear(_Adding):
    def forward(self, input: Tensor) -> Tensor:
        out: Tensor = super().forward(input)
        if self.lora_down is not None and self.lora_up is not None:
            out = out + F.linear(F.linear(input, self.lora_down), self.lora_up)
        if self.lora_full is not None:
            out = out + F.linear(input, self.lora_full)
        if self.lora_bias is not None:
            out = out + self.lora_bias
        return out


class _AddingConvolution(_Adding):
    stride: Any

    def forward(self, input: Tensor) -> Tensor:
        out: Tensor = super().forward(input)
        if self.lora_full is not None:
            out = out + F.conv3d(input, self.lora_full, stride=self.stride)
        if self.lora_bias is not None:
            out = out + self.lora_bias.view(-1, 1, 1, 1)
        return out


def _shape(layer: nn.Linear | nn.Conv3d) -> tuple[int, ...]:
    """Of its weight, which may be elsewhere at the moment."""
    if isinstance(layer, nn.Linear):
        return layer.out_features, layer.in_features
    return layer.out_channels, layer.in_channels, *layer.kernel_size


def _other_model(change: Change, place: str, found: Sequence[int], wanted: Sequence[int]) -> RequestError:
    return RequestError(
        f"loras: {change.file} adds {list(found)} to {place}, which is {list(wanted)}: it was made for another model"
    )
