"""From what a chat model answers to a prompt: wrappings taken off, and answers of no use refused."""

from __future__ import annotations

import json
import re

from wan.errors import PromptError

TOLERANCE = 1.5
"""Models cannot count: an answer may be longer than was asked for by this much. 300 words fit in WAN's 512 tokens."""
WORDS_PER_CJK = 0.6
"""Chinese, Japanese and Korean are written without spaces: so many words is one of their characters worth."""

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_THOUGHT = re.compile(r"<think>.*?</think>|^.*?</think>|<think>.*\Z", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"\A```[\w-]*\n(.*?)\n?```\Z", re.DOTALL)
_OPENING = re.compile(
    r"\A(?:(?:sure|certainly|of course|absolutely|okay|ok|great)\b[^\n:]{0,40}?[,.!]\s*)?"
    r"(?:here(?:'s|’s| is| are)\b[^\n:]{0,120}:|"
    r"(?:the\s+|your\s+)?(?:rewritten|extended|expanded|improved|revised|enhanced|final|video)?\s*"
    r"(?:prompt|version|description|rewrite|output|answer)\s*:|"
    r"(?:以下是|这是)?[^\n：:。，]{0,12}(?:提示词|描述)[^\n：:。，]{0,8}[：:])\s*",
    re.IGNORECASE,
)
_KEYWORD = re.compile(r"prompt|version|descri|rewrit|extend|expand|improv|revis|提示词|描述", re.IGNORECASE)
_ASIDE = re.compile(r"\A\W*(?:note|word count|length|explanation|let me know|i hope|feel free|注)\W", re.IGNORECASE)
_COUNT = re.compile(r"\s*[(\[]\s*(?:about |approx(?:imately|\.)? |~)?\d+ words?\s*[)\]]\s*\Z", re.IGNORECASE)
_REFUSAL = re.compile(
    r"\A(?:i(?:'|’)?m (?:really )?sorry|sorry,|i can(?:no|')t |i can’t |i am (?:sorry|unable)|i(?:'|’)m unable|"
    r"as an ai|i won(?:'|’)t |抱歉|很抱歉|对不起|我无法|作为(?:一个|一款)?(?:ai|人工智能))",
    re.IGNORECASE,
)
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "「": "」", "『": "』", "`": "`"}
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def clean(answer: str) -> str:
    """The prompt in an answer: no thoughts, fences, "Here is ...", markdown, quotation marks or remarks around it.

    One line of text, possibly empty. What stands inside the prompt (a quoted word, a colon) is left alone.
    """
    text = _THOUGHT.sub("", answer).strip()
    text = _from_json(_unfenced(text))
    text = _UNSEEN.sub("", text.replace("\r", "\n").replace("\t", " ")).strip()
    text = _without_opening(text)
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", _unfenced(text)) if part.strip()]
    while len(paragraphs) > 1 and _ASIDE.match(paragraphs[-1]):
        paragraphs.pop()
    lines = [_unmarked(line) for part in paragraphs for line in part.splitlines()]
    text = _COUNT.sub("", " ".join(" ".join(line for line in lines if line).split()))
    return _unquoted(text)


def check(text: str, most: int) -> str:
    """`text` itself, if it can serve as a prompt of about `most` words at most.

    Raises PromptError that says what is wrong with it, in words that the model can be told too.
    """
    if not re.search(r"\w", text):
        raise PromptError("the answer was empty")
    if _REFUSAL.match(text):
        raise PromptError(f"the model refused: {text[:80]!r}")
    words = count_words(text)
    if words > most * TOLERANCE:
        raise PromptError(f"the answer had {words} words, and at most {most} were asked for")
    return text


def count_words(text: str) -> int:
    """Words as people count them; characters of scripts without spaces count `WORDS_PER_CJK` each."""
    characters = len(_CJK.findall(text))
    return len(_CJK.sub(" ", text).split()) + round(characters * WORDS_PER_CJK)


def _unfenced(text: str) -> str:
    match = _FENCE.match(text)
    return match[1].strip() if match else text


def _from_json(text: str) -> str:
    """The one text of a JSON object or string; anything else stays as it is."""
    if text[:1] not in ("{", '"'):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    texts = list(value.values()) if isinstance(value, dict) else [value]
    return texts[0] if len(texts) == 1 and isinstance(texts[0], str) else text


def _without_opening(text: str) -> str:
    """`Here is the rewritten prompt:` goes, `Here is a harbour at dawn: ...` stays."""
    bare = text.lstrip("*#_ ")
    match = _OPENING.match(bare)
    if match is None or ("here" in match[0].lower() and not _KEYWORD.search(match[0])):
        return text
    return bare[match.end() :].lstrip("*_ \n")


def _unmarked(line: str) -> str:
    """A line without the marks of markdown."""
    line = re.sub(r"^\s*(?:#{1,6}\s+|[-*•]\s+|>\s+|-{3,}$|\d{1,2}[.)]\s+(?=\D))", "", line)
    return re.sub(r"(?<!\w)(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1(?!\w)", r"\2", line).strip()


def _unquoted(text: str) -> str:
    """Without quotation marks around the whole; a text that only begins and ends with quoted words keeps them."""
    while len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and not {text[0], text[-1]} & set(text[1:-1]):
        text = text[1:-1].strip()
    return text
