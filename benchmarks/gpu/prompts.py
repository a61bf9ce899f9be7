"""The model that extends prompts, at the size of Qwen2.5-VL-7B with random weights: loading, an answer, memory."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.gpu.models import make
from benchmarks.gpu.record import Recorder, host_anonymous, host_peak, synchronise
from wan.errors import PromptError
from wan.prompts import PromptRequest, extend_prompt
from wan.prompts.local import LocalExtender

TOKENS = 200
"""Of an answer. Random weights never come to an end of their own."""
_SPECIAL = ["<|im_start|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{% for part in message.content %}"
    "{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write_model(folder: Path, device: torch.device, *, toy: bool) -> None:
    """Qwen2.5-VL-7B's sizes in bf16, with a tokenizer of bytes: questions are longer than a real one makes them."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import (
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        Qwen2Tokenizer,
        Qwen2VLImageProcessorPil,
    )

    tokenizer = Qwen2Tokenizer(
        vocab={letter: number for number, letter in enumerate(sorted(ByteLevel.alphabet()))},
        merges=[],
        unk_token=None,
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        extra_special_tokens=_SPECIAL,
    )
    tokenizer.chat_template = _TEMPLATE
    tokenizer.save_pretrained(folder)
    Qwen2VLImageProcessorPil().save_pretrained(folder)
    token = tokenizer.convert_tokens_to_ids
    text: dict[str, Any] = {
        "vocab_size": 152064,
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "max_position_embeddings": 128000,
        "eos_token_id": token("<|im_end|>"),
        "bos_token_id": None,
        "rope_parameters": {"rope_type": "default", "mrope_section": [16, 24, 24], "rope_theta": 1e6},
    }
    vision: dict[str, Any] = {
        "depth": 32,
        "hidden_size": 1280,
        "intermediate_size": 3420,
        "num_heads": 16,
        "out_hidden_size": 3584,
    }
    if toy:
        text |= {
            "vocab_size": 512,
            "hidden_size": 256,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
        }
        text |= {"num_key_value_heads": 1}
        vision |= {"depth": 2, "hidden_size": 32, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": 256}
    config = Qwen2_5_VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=token("<|image_pad|>"),
        video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
        tie_word_embeddings=False,
    )
    model = make(lambda **_: Qwen2_5_VLForConditionalGeneration(config), {}, device, torch.bfloat16)  # type: ignore[arg-type]
    model.generation_config.eos_token_id = token("<|im_end|>")
    model.save_pretrained(folder, max_shard_size="5GB")


def measure_prompt_model(out: Recorder, folder: Path, *, toy: bool) -> None:
    """Written, loaded by `wan.prompts`, asked with and without a picture, closed."""
    device = out.device
    with out.job("prompt model"):
        if not (folder / "model.safetensors.index.json").exists() and not (folder / "model.safetensors").exists():
            write_model(folder, device, toy=toy)
        begun, before = time.monotonic(), host_anonymous()
        extender = LocalExtender(str(folder), device=str(device), images=True, longest=8 if toy else TOKENS)
        synchronise(device)
        loaded, taken = time.monotonic() - begun, _allocated(device)
        rows, columns = np.mgrid[0:720, 0:1280]
        picture = np.stack([rows // 3, columns // 6, (rows + columns) // 8], axis=-1).astype(np.uint8)
        words = PromptRequest("t2v-a14b", "a boat on a lake at dawn")
        seen = PromptRequest("i2v-a14b", "a boat on a lake at dawn", image=picture)
        found = {name: out.measure(lambda asked=asked: _ask(extender, asked), 1) for name, asked in
                 (("warm", words), ("words", words), ("picture", seen))}  # fmt: skip
        host = host_anonymous() - before
        extender.close()
        out.add(
            "prompts", model="Qwen2.5-VL-7B", tokens=TOKENS, load_seconds=loaded, weights_bytes=taken,
            words_seconds=found["words"]["seconds"], picture_seconds=found["picture"]["seconds"],
            device_bytes=max(each["device_bytes"] for each in found.values()), host_bytes=host,
            host_peak_bytes=host_peak(), left_bytes=_allocated(device),
        )  # fmt: skip


def _ask(extender: LocalExtender, request: PromptRequest) -> None:
    try:
        extend_prompt(extender, request, attempts=1)
    except PromptError as error:
        if "did not end" not in str(error):
            raise


def _allocated(device: torch.device) -> int:
    return torch.cuda.memory_allocated(device) if device.type == "cuda" else 0


if __name__ == "__main__":  # ahead of time
    write_model(Path(sys.argv[1]), torch.device(sys.argv[2]), toy=sys.argv[2] == "cpu")
