"""The tiny family's word-level tokenizer: words of `wan.tiny.vocabulary`, `</s>` at the end, `<pad>` after it."""

from __future__ import annotations

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from wan.tiny.vocabulary import END, PAD, TEXT_LENGTH, UNKNOWN, known_words


def token_ids() -> dict[str, int]:
    """Every token's number: padding 0, end 1, unknown 2, then the words."""
    return {token: number for number, token in enumerate((PAD, END, UNKNOWN, *known_words()))}


def build_tokenizer() -> PreTrainedTokenizerFast:
    """The tokenizer in the form that a diffusers pipeline loads; it reads a prompt as `vocabulary.words_of` does."""
    tokenizer = Tokenizer(WordLevel(token_ids(), unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Lowercase(), normalizers.Replace(Regex("[^a-z0-9]+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single=f"$A {END}", special_tokens=[(END, 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, unk_token=UNKNOWN, model_max_length=TEXT_LENGTH
    )
