"""What `wanflow models` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, TypedDict

from flows.cli.forms.envelope import Envelope


class ListedModel(TypedDict):
    """A model of the catalog."""

    name: str
    purpose: str
    variant: str | None
    layout: str
    about_bytes: int
    licence: str
    huggingface: str
    modelscope: str | None
    commit: Annotated[str | None, "the one that is pulled; null: the newest"]
    pulled: Annotated[str | None, "the folder, if it is here"]
    fetched_of_partial: Annotated[int | None, "bytes of a pull that was begun"]


class ModelsListDocument(Envelope):
    """`wanflow models list`."""

    models: list[ListedModel]


class PartForm(TypedDict):
    """A model within a checkpoint."""

    name: str
    kind: Annotated[str, "the class that loads it"]
    parameters: int
    bytes: int
    dtypes: list[str]
    scaled: Annotated[bool, "eight bits with scales"]


class LoraFactsForm(TypedDict):
    """What a LoRA's header says of it."""

    schemes: Annotated[list[str], "whose way of writing it has"]
    ranks: Annotated[list[int], "of its pairs, from the smallest"]
    experts: Annotated[list[str], "that its keys name: `high`, `low`; empty: none"]
    width: Annotated[int | None, "channels of the model it is for"]
    variants: Annotated[list[str], "that it may be for"]
    fits: Annotated[list[str], "checkpoints that are here and that it fits"]
    problem: Annotated[str | None, "why it cannot be used"]


class WeightsForm(TypedDict):
    """A folder or file of weights."""

    path: str
    layout: str
    variant: str | None
    missing: list[str]
    parameters: int
    bytes: int
    licence: str | None
    repo: str | None
    commit: str | None
    lora: Annotated[LoraFactsForm | None, "null: it is no LoRA"]
    parts: list[PartForm]


class RoleForm(TypedDict):
    """A variant of a family."""

    variant: str
    size: str
    num_frames: int
    fps: float
    sampling: str
    repo: str | None
    found: Annotated[str | None, "the folder, if it is here"]
    missing: Annotated[str | None, "what is wrong or missing"]
    loras: Annotated[dict[str, str | None], "models that its LoRAs come from, and where each is"]


class FamilyForm(TypedDict):
    """A family of checkpoints."""

    name: str
    precision: str
    roles: list[RoleForm]


class ModelsInfoDocument(Envelope):
    """`wanflow models info`: of what was named one or two of these, the others are null."""

    family: FamilyForm | None
    model: Annotated[ListedModel | None, "of the catalog"]
    weights: Annotated[WeightsForm | None, "what lies here"]


class FaultForm(TypedDict):
    """A broken file."""

    path: str
    what: str


class VerifiedFolder(TypedDict):
    """What was found in a folder."""

    folder: str
    whole: bool
    digests_known: Annotated[bool, "it was pulled, so there is something to compare with"]
    bytes: Annotated[int, "read"]
    faults: list[FaultForm]


class ModelsVerifyDocument(Envelope):
    """`wanflow models verify`."""

    folders: list[VerifiedFolder]


class PulledForm(TypedDict):
    """A model that is here now."""

    model: str
    folder: str
    fetched: Annotated[int, "bytes that were fetched now"]


class ModelsPullDocument(Envelope):
    """`wanflow models pull`."""

    models: list[PulledForm]


class ModelsConvertDocument(Envelope):
    """`wanflow models convert`."""

    target: str
    variant: str
    bytes: int
    missing: Annotated[list[str], "parts that its sources have not"]
    notes: list[str]
