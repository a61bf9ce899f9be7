"""Which variant can use which input, and what each cannot do without: the rule, and the words for whoever breaks it.

Requests (`wan.validate`) and storyboards (`flows.shots`) are told the same in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from wan.variants import VARIANTS, Variant


@dataclass(frozen=True, slots=True)
class Use:
    """A variant uses something if its `inputs` have `asks` and not `unless`."""

    asks: str
    unless: str = ""

    def by(self, variant: Variant) -> bool:
        """Whether the variant can."""
        return self.asks in variant.inputs and self.unless not in variant.inputs


DRIVEN = Use("motion", unless="audio")
"""Who speaks moves as a pose says; the face follows the sound."""
USES: Mapping[str, tuple[Use, ...]] = MappingProxyType(
    {
        "image": (Use("image"),),
        "last_image": (Use("end_image"),),
        "audio": (Use("audio"),),
        "pose": (Use("motion"),),
        "face": (DRIVEN,),
        "background": (DRIVEN,),
        "mask": (DRIVEN, Use("control")),
        "control": (Use("control"),),
        "camera": (Use("control"),),
        "references": (Use("references"),),
        "video": (Use("video"),),
    }
)
"""Fields of a request that only some variants can use, and as what: one of these is enough."""
NEEDED: Mapping[str, str] = MappingProxyType(
    {
        "image": "a picture to start from",
        "audio": "the sound of the speech",
        "motion": "a motion to follow",
        "control": "something to follow: a control video, references or a camera path",
    }
)
"""What may be among `Variant.needs`, in words."""


def can_use(variant: Variant, field: str) -> bool:
    """Whether the variant can use this field of a request."""
    return any(use.by(variant) for use in USES[field])


def cannot_use(variant: Variant, what: str) -> str:
    """What is wrong with giving it that."""
    return f"{variant.name} cannot use {what}"


def who_can(*uses: Use) -> str:
    """The variants that can use it: `i2v-a14b can`; empty if none can."""
    able = [variant.name for variant in VARIANTS.values() if any(use.by(variant) for use in uses)]
    return f"{', '.join(able)} can" if able else ""


def needs(variant: Variant, name: str) -> str:
    """What is wrong where this need (`Variant.needs`) is not met."""
    return f"{variant.name} needs {NEEDED[name]}"


def one_transformer(variant: Variant, what: str) -> str:
    """What is wrong with speaking of `what` of two experts to a variant that has one."""
    return f"{variant.name} has one transformer, and no {what}"
