"""Tiny instruct models of the real classes that say what they are told to, for transformers to load and run.

With attention and MLP silenced, the next token depends on the last one alone: one row of the output matrix a token.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen2Tokenizer,
    Qwen2VLImageProcessorPil,
)

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|><|assistant|>{% endif %}"
)
VL_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{% for part in message.content %}"
    "{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|><|assistant|>{% endif %}"
)
SPECIAL = ["<|im_start|>", "<|assistant|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]


def write_qwen(folder: Path, says: str, *, ends: bool = True) -> Path:
    """A Qwen2-Instruct that answers `says`, whatever it is asked; without `ends` it never stops."""
    tokenizer = _tokenizer(says)
    size = len(tokenizer)
    config = Qwen2Config(
        vocab_size=size,
        hidden_size=_width(size),
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=False,
        eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"),
        max_position_embeddings=4096,
    )
    model = Qwen2ForCausalLM(config)
    _teach(model, model.model.layers, model.model.embed_tokens, tokenizer, says, ends)
    model.save_pretrained(folder)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    return folder


def write_qwen_vl(folder: Path, says: str) -> Path:
    """The same as a Qwen2.5-VL with an eye of its own."""
    tokenizer = _tokenizer(says)
    size = len(tokenizer)
    token = tokenizer.convert_tokens_to_ids
    width = _width(size)
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": size,
            "hidden_size": width,
            "intermediate_size": 8,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "max_position_embeddings": 4096,
            "eos_token_id": token("<|im_end|>"),
            "bos_token_id": None,
            "rope_parameters": {"rope_type": "default", "mrope_section": _sections(width // 2), "rope_theta": 1e4},
        },
        vision_config={
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 8,
            "num_heads": 2,
            "out_hidden_size": width,
            "fullatt_block_indexes": [0],
        },
        image_token_id=token("<|image_pad|>"),
        video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
        tie_word_embeddings=False,
    )
    model = Qwen2_5_VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = token("<|im_end|>")
    text = model.model.language_model
    _teach(model, text.layers, text.embed_tokens, tokenizer, says, True)
    model.save_pretrained(folder)
    Qwen2VLImageProcessorPil(min_pixels=28 * 28, max_pixels=8 * 28 * 28).save_pretrained(folder)
    tokenizer.chat_template = VL_TEMPLATE
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(says: str) -> Qwen2Tokenizer:
    """Every byte is a token, and so is every word of the answer."""
    vocabulary = {letter: number for number, letter in enumerate(sorted(ByteLevel.alphabet()))}
    for word in _words(says):
        vocabulary.setdefault(word, len(vocabulary))
    return Qwen2Tokenizer(
        vocab=vocabulary,
        merges=[],
        unk_token=None,
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        extra_special_tokens=SPECIAL,
    )


def _words(says: str) -> list[str]:
    """The tokens of an answer; each knows the next one, so none may come twice."""
    first, *others = says.split()
    return [first, *(f"Ġ{word}" for word in others)]


def _width(size: int) -> int:
    """At least one dimension a token, in two heads of a multiple of 8."""
    return -(-size // 16) * 16


def _sections(head: int) -> list[int]:
    return [head // 2 - 2 * (head // 6), head // 6, head // 6]


def _teach(
    model: torch.nn.Module,
    layers: torch.nn.ModuleList,
    embedding: torch.nn.Embedding,
    tokenizer: Qwen2Tokenizer,
    says: str,
    ends: bool,
) -> None:
    words = _words(says)
    chain = ["<|assistant|>", *words, "<|im_end|>" if ends else words[0]]
    with torch.no_grad():
        for layer in layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        embedding.weight.zero_()
        embedding.weight.fill_diagonal_(1.0)
        model.lm_head.weight.zero_()
        for last, following in pairwise(chain):
            numbers = tokenizer.convert_tokens_to_ids([last, following])
            model.lm_head.weight[numbers[1], numbers[0]] = 1.0
