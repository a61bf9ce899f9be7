"""Prompts to embeddings, as the reference does it: clean, tokenize, UMT5, zero rows up to the text length."""

from __future__ import annotations

import html
import re
from collections import OrderedDict
from typing import Any

import ftfy
import torch
from torch import Tensor

from wan.system.stop import look_for_stop

MAX_TEXT_LENGTH = 512
_REMEMBERED = 16


def clean_prompt(prompt: str) -> str:
    """Mend mojibake, undo HTML entities (twice, as captions carry them) and fold white space."""
    text = html.unescape(html.unescape(ftfy.fix_text(prompt)))
    return re.sub(r"\s+", " ", text).strip()


class TextEncoder:
    """UMT5 with its tokenizer. The last few prompts are remembered: a film's negative prompt is always the same."""

    def __init__(self, tokenizer: Any, model: Any) -> None:
        """`model` is a `UMT5EncoderModel`, `tokenizer` the one it was trained with."""
        self._tokenizer = tokenizer
        self.model = model.eval()
        for layer in model.encoder.block:
            layer.register_forward_pre_hook(_look)
        self.length = min(MAX_TEXT_LENGTH, int(tokenizer.model_max_length))
        self._remembered: OrderedDict[str, Tensor] = OrderedDict()

    def encode(self, prompt: str) -> Tensor:
        """Embeddings `[1, length, D]` in the encoder's dtype; rows past the prompt's tokens are zero.

        The model attends to those rows too, as it was trained. Padding never enters the encoder: masked keys add
        exactly nothing, so the valid rows are the same without them, and a short prompt costs a fraction of 512 tokens.
        """
        remembered = self.recall(prompt)
        if remembered is not None:
            return remembered
        text = clean_prompt(prompt)
        embeddings = self._encode(text)
        self._remembered[text] = embeddings
        while len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return embeddings

    def recall(self, prompt: str) -> Tensor | None:
        """Embeddings that are remembered, which takes no model; None of a prompt that is not."""
        text = clean_prompt(prompt)
        if text not in self._remembered:
            return None
        self._remembered.move_to_end(text)
        return self._remembered[text]

    def _encode(self, text: str) -> Tensor:
        tokens = self._tokenizer(text, truncation=True, max_length=self.length, return_tensors="pt")
        ids = tokens.input_ids.to(self.model.device)
        mask = torch.ones_like(ids)
        with torch.inference_mode():
            valid = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        assert isinstance(valid, Tensor)
        padded = valid.new_zeros(1, self.length, valid.shape[-1])
        padded[:, : valid.shape[1]] = valid
        return padded


def _look(layer: Any, given: Any) -> None:
    """Before each layer: streamed from a disk, all of them take a quarter of a minute."""
    look_for_stop()
