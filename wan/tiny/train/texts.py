"""Captions for variants that are shown a picture: it says almost everything, so captions say little."""

from __future__ import annotations

import random

import torch
from torch import Tensor
from transformers import UMT5EncoderModel

from wan.tiny import captions
from wan.tiny.tokens import build_tokenizer
from wan.tiny.train.text import embed


def embed_all(text_encoder: UMT5EncoderModel, texts: list[str]) -> Tensor:
    """Embeddings `[N, L, D]`, fp16."""
    tokenizer = build_tokenizer()
    pieces = [embed(text_encoder, tokenizer, texts[i : i + 2048]).half() for i in range(0, len(texts), 2048)]
    return torch.cat(pieces)


def nothing_said(text_encoder: UMT5EncoderModel) -> Tensor:
    """What stands for 'say nothing': mostly the empty prompt, sometimes a usual negative one."""
    return embed_all(text_encoder, ["", "", "", "", *captions.NEGATIVES])


def about_anything(place: str, light: str, rng: random.Random, motion: str | None = None) -> str:
    """A caption for what a picture shows anyway: where it is, in what light and style, if wanted how it moves."""
    words = [rng.choice(captions.PLACE_PHRASES[place]), rng.choice(captions.LIGHT_PHRASES[light])]
    styles = rng.sample(captions.STYLES, k=rng.choice((0, 1, 1, 2)))
    thing = f"a {rng.choice(captions.MATERIALS)}toy"
    if motion is not None:
        thing = f"{thing} {rng.choice(captions.ADVERBS)}{rng.choice(captions.MOTION_PHRASES[motion])}"
    return ", ".join([thing, " ".join(words), *styles])
