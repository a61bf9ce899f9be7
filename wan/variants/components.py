"""What a checkpoint of a variant consists of: a component a folder, in the layout of diffusers. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wan.variants.sizes import Autoencoder


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentKind:
    """One component, by its class as `config.json` names it.

    `library` is the module that has the class. `config` are the values it must have for this variant. `published_as`
    is the name in a published layout whose keys are not those of the class; `keys` (`module:name`) gives a weight's
    name in the class from its name there. `runs_as` (`module:name`) is what the loaded model is wrapped in.
    """

    class_name: str
    library: str = "diffusers"
    config: Mapping[str, Any] = field(default_factory=dict)
    weights: bool = True
    published_as: str | None = None
    keys: str = "builtins:str"
    runs_as: str = ""


def layout(autoencoder: Autoencoder, **own: ComponentKind) -> Mapping[str, ComponentKind]:
    """The components of a variant: its `own`, and those that every variant has. Of two transformers, `transformer` is
    the high-noise expert and `transformer_2` the low-noise one."""
    return {
        **own,
        "vae": ComponentKind(class_name="AutoencoderKLWan", config={"z_dim": autoencoder.channels}),
        "text_encoder": ComponentKind(class_name="UMT5EncoderModel", library="transformers"),
        "tokenizer": ComponentKind(class_name="", library="transformers", weights=False),
    }


def plain_transformer(**config: Any) -> ComponentKind:
    """The transformer of T2V, I2V and TI2V."""
    return ComponentKind(class_name="WanTransformer3DModel", config=config, runs_as="wan.model.expert:Expert")
