"""From a conversation to what a local model takes: its chat template, its tokens, and pictures for models that see.

transformers' processors of Qwen-VL want torchvision, for videos that are never shown here; so its two halves that are
needed, tokenizer and picture processor, are put together here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image as Pillow
from transformers import AutoImageProcessor, AutoTokenizer
from transformers.utils import cached_file

from wan.prompts.conversation import Message

if TYPE_CHECKING:
    from wan.request import Image

_MARK = re.compile(r"<\|[^|<>]*\|>")
SEEING = frozenset({"qwen2_vl", "qwen2_5_vl"})
"""Model types (`config.json`) that are shown pictures; all others are asked in words alone."""
LONGEST_SIDE = 1024
"""Pixels of a picture that the model is shown: 28 × 28 of them are a token."""


class Reader:
    """Tokens in and out of one model, whose own `config` is given. Raises OSError, ValueError for missing files."""

    def __init__(self, model: str, config: Any) -> None:
        self._tokenizer: Any = AutoTokenizer.from_pretrained(model, local_files_only=True)
        if not self._tokenizer("a")["input_ids"]:  # transformers makes an empty one where there are no files
            raise ValueError("it has no tokenizer")
        if not self._tokenizer.chat_template:
            self._tokenizer.chat_template = _template_of_processor(model)
        if not self._tokenizer.chat_template:
            raise ValueError("it has no chat template: name an instruct model")
        self._config = config
        self.sees = config.model_type in SEEING
        self._pictures: Any = None
        if self.sees:
            self._pictures = AutoImageProcessor.from_pretrained(model, local_files_only=True, backend="pil")

    def inputs(self, messages: Sequence[Message]) -> dict[str, torch.Tensor]:
        """What `generate` takes: `input_ids` and `attention_mask` `[1, L]`, and the patches of pictures."""
        text = self._tokenizer.apply_chat_template(
            [self._turn(message) for message in messages], add_generation_prompt=True, tokenize=False
        )
        shown = [_small(message.image) for message in messages if message.image is not None and self.sees]
        if not shown:
            return dict(self._tokenizer(text, add_special_tokens=False, return_tensors="pt"))
        seen = self._pictures(images=shown, return_tensors="pt")
        place: str = self._tokenizer.convert_ids_to_tokens(self._config.image_token_id)
        first, *others = text.split(place)
        for grid, other in zip(seen["image_grid_thw"], others, strict=True):
            first += place * (int(grid.prod()) // self._pictures.merge_size**2) + other
        tokens = self._tokenizer(first, add_special_tokens=False, return_tensors="pt")
        pictured = (tokens["input_ids"] == self._config.image_token_id).int()
        return {**tokens, **seen, "mm_token_type_ids": pictured}

    def text(self, tokens: torch.Tensor) -> str:
        """What the tokens say, without marks of beginning and end."""
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))

    def _turn(self, message: Message) -> dict[str, object]:
        """A message as chat templates read it: those of models that see take a list of parts."""
        text = self._harmless(message.text)
        if not self.sees:
            return {"role": message.speaker, "content": text}
        picture = [{"type": "image"}] if message.image is not None else []
        return {"role": message.speaker, "content": [*picture, {"type": "text", "text": text}]}

    def _harmless(self, text: str) -> str:
        """A prompt is anybody's: the marks by which a model tells who speaks, and where pictures are, come out."""
        for token in self._tokenizer.all_special_tokens:
            text = text.replace(token, " ")
        return _MARK.sub(" ", text)


def _template_of_processor(model: str) -> str | None:
    """The chat template that some models which see keep with their processor, and not with their tokenizer."""
    file = cached_file(model, "chat_template.json", local_files_only=True, _raise_exceptions_for_missing_entries=False)
    if file is None:
        return None
    template: str | None = json.loads(Path(file).read_text(encoding="utf-8")).get("chat_template")
    return template


def _small(image: Image) -> Pillow.Image:
    picture = Pillow.fromarray(image)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Pillow.Resampling.LANCZOS)
    return picture
