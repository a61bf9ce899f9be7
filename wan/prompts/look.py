"""Whether the model that would extend prompts is there, and how large it is, without loading or asking it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wan.errors import ModelUnavailable
from wan.hub.catalog import CATALOG, pulled_as
from wan.system.folders import found_in
from wan.weights.layout import read_json

_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model on this machine: its folder, bytes of weights, and whether it can be shown pictures."""

    folder: Path
    nbytes: int
    sees: bool


def look_at_local(model: str) -> LocalModel:
    """A folder, a pulled model, or one of the Hugging Face cache, as `open_local` finds it.

    Raises ModelUnavailable when it is not there, CheckpointError when its configuration is broken.
    """
    folder = pulled_as(model) or (Path(model) if Path(model).is_dir() else _cached(model))
    if folder is None:
        raise ModelUnavailable(f"{model} is neither a folder nor pulled nor in the Hugging Face cache", again=False)
    if not (folder / "config.json").is_file():
        raise ModelUnavailable(f"{folder} holds no config.json", again=False)
    weights = sum(file.stat().st_size for file in found_in(folder, "*.safetensors"))
    if not weights:
        raise ModelUnavailable(f"{folder} holds no weights in safetensors", again=False)
    return LocalModel(folder, weights, "vision_config" in read_json(folder / "config.json"))


def way_to(model: str) -> str | None:
    """The command that fetches it; None for a folder."""
    names = [known.name for known in CATALOG.values() if model in (known.name, known.huggingface)]
    if names:
        return f"wanflow models pull {names[0]}"
    return None if Path(model).is_dir() else f"hf download {model}"


def look_at_endpoint(base_url: str, key: str | None = None) -> tuple[str, ...] | None:
    """The models that an OpenAI-compatible endpoint lists; None when it answers and lists none.

    Raises ModelUnavailable when it does not answer, or does not take the key.
    """
    import httpx

    url = f"{base_url.rstrip('/')}/models"
    try:
        answer = httpx.get(url, headers={"Authorization": f"Bearer {key}"} if key else {}, timeout=_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError) as error:
        raise ModelUnavailable(f"nothing answers ({str(error) or type(error).__name__})", again=False) from error
    if answer.status_code in (401, 403):
        told = "does not take the key" if key else "wants a key"
        raise ModelUnavailable(f"it {told} (status {answer.status_code})", again=False)
    if answer.status_code >= 500 and answer.status_code != httpx.codes.NOT_IMPLEMENTED:
        raise ModelUnavailable(f"it answers with status {answer.status_code}", again=False)
    try:
        return tuple(str(row["id"]) for row in answer.json()["data"])
    except (ValueError, KeyError, TypeError):
        return None


def _cached(model: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        path = try_to_load_from_cache(model, "config.json")
    except HFValidationError:
        return None
    return Path(path).parent if isinstance(path, str) else None
