"""Prompts written out once stay as they are: each answer is a note in the store, so a rerun is the same film."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from flows.settings import PromptSettings
from flows.store import Store
from flows.store.layout import prompt_note
from wan.prompts import VERSION

FORMAT = 1


@dataclass(frozen=True, slots=True)
class ShortPrompt:
    """A prompt as it was written, to be extended. `image` is the digest of the picture shown with it. Equal ones are
    asked once."""

    variant: str
    prompt: str
    negative_prompt: str | None
    image: str | None


def pinned(store: Store, short: ShortPrompt, settings: PromptSettings) -> str | None:
    """The answer that was kept, or None. A damaged note is as good as none: it is asked for again."""
    data = store.note(_name(short, settings))
    try:
        note = json.loads(data) if data else {}
        answer = note["extended"] if _key(short, settings).items() <= note.items() else None
    except (ValueError, KeyError, AttributeError):
        return None
    return answer if isinstance(answer, str) and answer.strip() else None


def pin(store: Store, short: ShortPrompt, settings: PromptSettings, answer: str) -> str:
    """Keeps the answer, and returns the one that stands: another process may have been first."""
    name = _name(short, settings)
    note = json.dumps({**_key(short, settings), "extended": answer}, ensure_ascii=False, indent=1).encode()
    while not store.add_note(name, note):
        standing = pinned(store, short, settings)
        if standing is not None:
            return standing
        store.drop_note(name)  # a damaged one
    return answer


def _key(short: ShortPrompt, settings: PromptSettings) -> dict[str, object]:
    """What decides an answer. Not the endpoint's address: a model that moves to another machine is the same model."""
    return {
        "format": FORMAT,
        "instructions": VERSION,
        "backend": settings.extend,
        "model": settings.model,
        "max_words": settings.max_words,
        **asdict(short),
    }


def _name(short: ShortPrompt, settings: PromptSettings) -> str:
    text = json.dumps(_key(short, settings), sort_keys=True)
    return prompt_note(hashlib.sha256(text.encode()).hexdigest())
