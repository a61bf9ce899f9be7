"""An instruct model on this machine, through transformers: Qwen2.5-Instruct, Qwen2.5-VL, or any with a chat template.

Greedy: the same question, model and machine give the same answer.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    GenerationConfig,
)
from transformers.utils import logging

from wan.errors import ModelUnavailable, PromptError
from wan.prompts.conversation import LONGEST_ANSWER, Message
from wan.prompts.look import way_to
from wan.prompts.reader import Reader


class LocalExtender:
    """See `wan.prompts.open_local`. Threads take turns."""

    def __init__(self, model: str, *, device: str, images: bool, longest: int = LONGEST_ANSWER) -> None:
        self._device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)
        self._longest = longest
        self._turn = threading.Lock()
        try:
            config = AutoConfig.from_pretrained(model, local_files_only=True)
            kind = AutoModelForImageTextToText if hasattr(config, "vision_config") else AutoModelForCausalLM
            self._reader = Reader(model, config)
            self._model = _load(kind, model).eval().to(self._device)
        except (OSError, ValueError, ImportError, RuntimeError) as error:
            raise ModelUnavailable(_cannot_load(model, error), again=False) from error
        self._sees = images and self._reader.sees

    @property
    def sees(self) -> bool:
        return self._sees

    def close(self) -> None:
        """Gives the memory back: the models that render need it."""
        self._model = None
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def answer(self, messages: Sequence[Message]) -> str:
        with self._turn, torch.inference_mode():
            try:
                return self._answer(messages)
            except torch.OutOfMemoryError as error:
                message = f"the model that extends prompts does not fit on {self._device}: {error}"
                raise ModelUnavailable(message, again=False) from error

    def _answer(self, messages: Sequence[Message]) -> str:
        inputs = {name: values.to(self._device) for name, values in self._reader.inputs(messages).items()}
        tokens = self._model.generate(**inputs, generation_config=self._greedy())[0, inputs["input_ids"].shape[1] :]
        if len(tokens) == self._longest and int(tokens[-1]) not in self._ends():
            raise PromptError(f"the answer did not end within {self._longest} tokens")
        return self._reader.text(tokens)

    def _greedy(self) -> GenerationConfig:
        """The model's own tokens for beginning and end, and nothing of how it would be sampled."""
        own = self._model.generation_config
        ends = own.eos_token_id
        pad = own.pad_token_id if own.pad_token_id is not None else min(self._ends(), default=None)
        return GenerationConfig(do_sample=False, max_new_tokens=self._longest, eos_token_id=ends, pad_token_id=pad)

    def _ends(self) -> frozenset[int]:
        ends = self._model.generation_config.eos_token_id
        return frozenset([] if ends is None else [ends] if isinstance(ends, int) else ends)


def _load(kind: Any, model: str) -> Any:
    """The weights, from safetensors alone, as precise as they are kept. transformers would fill gaps with noise."""
    with _quiet():
        loaded, report = kind.from_pretrained(
            model, local_files_only=True, use_safetensors=True, dtype="auto", output_loading_info=True
        )
    if report["missing_keys"]:
        raise ValueError(f"weights are missing: {', '.join(sorted(report['missing_keys'])[:3])} …")
    return loaded


@contextmanager
def _quiet() -> Iterator[None]:
    """Neither progress bars nor advice; both are as the caller left them afterwards."""
    bars, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _cannot_load(model: str, error: Exception) -> str:
    """Which model, and what to do: transformers' own words speak of connections that nobody asked for."""
    if Path(model).exists():
        return f"{model}: cannot be loaded ({_brief(error)})"
    if isinstance(error, OSError):
        where = f"there is no such folder or pulled model, and the Hugging Face cache has no {model}"
        return f"{model}: {where}; get it with `{way_to(model)}`, or name another: prompts.model=FOLDER"
    return f"{model}: cannot be loaded ({_brief(error)})"


def _brief(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:300]
