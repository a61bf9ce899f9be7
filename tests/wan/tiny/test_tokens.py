from __future__ import annotations

import json

from wan.tiny.tokens import build_tokenizer, token_ids
from wan.tiny.vocabulary import TEXT_LENGTH, words_of
from wan.tiny.world import CHECKPOINTS


def test_the_tokenizer_reads_the_words_that_unknown_words_reads() -> None:
    tokenizer = build_tokenizer()
    prompt = "A White paper-boat, moves left to right!  Over 35mm Paris"
    names = tokenizer.convert_ids_to_tokens(tokenizer(prompt).input_ids)
    known = [word if word in token_ids() else "<unk>" for word in words_of(prompt)]
    assert names == [*known, "</s>"]


def test_prompts_are_padded_and_cut_to_the_text_length() -> None:
    tokenizer = build_tokenizer()
    assert tokenizer.model_max_length == TEXT_LENGTH
    ids = tokenizer(["", "boat " * 100], padding="max_length", truncation=True, max_length=TEXT_LENGTH).input_ids
    assert [len(row) for row in ids] == [TEXT_LENGTH, TEXT_LENGTH]
    assert ids[0][:2] == [1, 0]
    assert ids[1][-1] == 1


def test_the_shipped_tokenizer_is_this_vocabulary() -> None:
    # Weights know words by number: a word added here without training anew would shift every one behind it.
    shipped = json.loads((CHECKPOINTS / "shared" / "tokenizer" / "tokenizer.json").read_text())
    assert shipped["model"]["vocab"] == token_ids()
