"""An instruct model on this machine, through transformers: Qwen2.5-Instruct, Qwen2.5-VL, or any with a chat template.

Greedy: the same question, model and machine give the same answer.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image as Pillow
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
    GenerationConfig,
)

from wan.errors import ModelUnavailable, PromptError
from wan.prompts.backends import LONGEST_ANSWER, Message

LONGEST_SIDE = 1024
"""Pixels of a picture that the model is shown: 28 × 28 of them are a token."""


class LocalExtender:
    """See `wan.prompts.open_local`. Threads take turns."""

    def __init__(self, model: str, *, device: str, images: bool, longest: int = LONGEST_ANSWER) -> None:
        self._device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)
        self._longest = longest
        self._turn = threading.Lock()
        try:
            config = AutoConfig.from_pretrained(model, local_files_only=True)
            pictured = hasattr(config, "vision_config")
            reader, kind = (
                (AutoProcessor, AutoModelForImageTextToText) if pictured else (AutoTokenizer, AutoModelForCausalLM)
            )
            self._reader: Any = reader.from_pretrained(model, local_files_only=True)
            self._model: Any = kind.from_pretrained(model, local_files_only=True, use_safetensors=True, dtype="auto")
            self._model = self._model.eval().to(self._device)
        except (OSError, ValueError, ImportError, RuntimeError) as error:
            raise ModelUnavailable(_cannot_load(model, error), again=False) from error
        self._sees = images and pictured

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
        inputs = self._reader.apply_chat_template(
            [_turn(message, parts=self._sees) for message in messages],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        ).to(self._device)
        tokens = self._model.generate(**inputs, generation_config=self._greedy())[0, inputs["input_ids"].shape[1] :]
        if len(tokens) == self._longest and int(tokens[-1]) not in self._ends():
            raise PromptError(f"the answer did not end within {self._longest} tokens")
        return str(self._reader.decode(tokens, skip_special_tokens=True))

    def _greedy(self) -> GenerationConfig:
        """The model's own tokens for beginning and end, and nothing of how it would be sampled."""
        own = self._model.generation_config
        ends = own.eos_token_id
        pad = own.pad_token_id if own.pad_token_id is not None else min(self._ends(), default=None)
        return GenerationConfig(do_sample=False, max_new_tokens=self._longest, eos_token_id=ends, pad_token_id=pad)

    def _ends(self) -> frozenset[int]:
        ends = self._model.generation_config.eos_token_id
        return frozenset([] if ends is None else [ends] if isinstance(ends, int) else ends)


def _turn(message: Message, *, parts: bool) -> dict[str, object]:
    """A message as chat templates read it: those of models that see take a list of parts."""
    if not parts:
        return {"role": message.speaker, "content": message.text}
    content: list[dict[str, object]] = [{"type": "text", "text": message.text}]
    if message.image is not None:
        picture = Pillow.fromarray(message.image)
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Pillow.Resampling.LANCZOS)
        content.insert(0, {"type": "image", "image": picture})
    return {"role": message.speaker, "content": content}


def _cannot_load(model: str, error: Exception) -> str:
    """Which model, and what to do: transformers' own words speak of connections that nobody asked for."""
    if Path(model).exists():
        return f"{model}: cannot be loaded ({_brief(error)})"
    if isinstance(error, OSError):
        where = f"there is no such folder, and the Hugging Face cache has no {model}"
        return f"{model}: {where}; get it with `hf download {model}`, or name another: prompts.model=FOLDER"
    return f"{model}: cannot be loaded ({_brief(error)})"


def _brief(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:300]
