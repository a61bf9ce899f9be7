"""What models wrap around a prompt comes off; the prompt itself stays as it is."""

from __future__ import annotations

import pytest

from wan.errors import PromptError
from wan.prompts.answers import check, clean, count_words

FOX = "A red fox walks through deep snow, filmed from the side."

WRAPPED = [
    FOX,
    f"  {FOX}\n",
    f'"{FOX}"',
    f"“{FOX}”",
    f"'{FOX}'",
    f"「{FOX}」",
    f"**{FOX}**",
    f"```\n{FOX}\n```",
    f"```text\n{FOX}\n```",
    f"Here is the rewritten prompt:\n\n{FOX}",
    f"Here's an improved version of your prompt: {FOX}",
    f"Here’s the extended description:\n{FOX}",
    f"Sure! Here is the extended prompt:\n\n{FOX}",
    f"Sure, I can help with that! Here is the rewritten prompt: {FOX}",
    f'Certainly! Here is a rewritten prompt:\n\n"{FOX}"',
    f"Prompt: {FOX}",
    f"**Rewritten prompt:** {FOX}",
    f"### Extended prompt:\n{FOX}",
    f"Answer: {FOX}",
    f"以下是改写后的提示词：{FOX}",
    f"改写后的视频描述：\n{FOX}",
    f"<think>The user wants a fox.\n\nPrompt: no.</think>\n\n{FOX}",
    f"The user wants a fox.</think>{FOX}",
    f"{FOX} (11 words)",
    f"{FOX}\n\nNote: I kept the colour.",
    f"{FOX}\n\nWord count: 11\n\nLet me know if you want it shorter!",
    f"# {FOX}",
    f"- {FOX}",
    f"> {FOX}",
    f"1. {FOX}",
    '{"prompt": "' + FOX + '"}',
    f'"{FOX}"\n',
    "A red fox walks\nthrough deep snow,\n\n\tfilmed  from the side.",
    f"\u200b{FOX}\x1b\x07\ufeff",
]


@pytest.mark.parametrize("answer", WRAPPED)
def test_wrappings_come_off(answer: str) -> None:
    assert clean(answer) == FOX


KEPT = [
    'A sign reads "OPEN"',
    '"Hello", says a woman, and a man answers "Hello"',
    "Here is a harbour at dawn: boats lie still.",
    "Here are three cats: one black, two white.",
    "A clock shows 12:30, then 12:31.",
    "3 boats and 2 kites, 35mm",
    "A woman notes the time. Length of the road: endless.",
    "Sure-footed goats climb a wall.",
    "Prompt waiters carry plates.",
    "It's the dog's bowl",
    "A label with the words {one, two}",
    "一只红狐狸走过雪地，镜头固定。",
    "描述性的光线洒在木桌上，一个红苹果。",
    "A file_name__with__underscores on a screen",
]


@pytest.mark.parametrize("prompt", KEPT)
def test_what_belongs_to_the_prompt_stays(prompt: str) -> None:
    assert clean(prompt) == prompt


@pytest.mark.parametrize(
    "answer", ["", "  \n ", '""', "<think>hmm", "```\n```", "...", "Here is the rewritten prompt:", "🎬"]
)
def test_nothing_is_no_prompt(answer: str) -> None:
    with pytest.raises(PromptError, match=r"empty|refused"):
        check(clean(answer), 100)


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't help with that.",
        "I cannot rewrite this.",
        "As an AI, I have no eyes.",
        "抱歉，我无法帮助。",
    ],
)
def test_an_apology_is_no_prompt(answer: str) -> None:
    with pytest.raises(PromptError, match="refused"):
        check(clean(answer), 100)


def test_somebody_sorry_in_the_picture_is_no_apology() -> None:
    assert check("A sorry-looking dog sits in the rain.", 100)


def test_answers_may_be_somewhat_too_long_but_do_not_run_away() -> None:
    assert check("word " * 149, 100)
    with pytest.raises(PromptError, match="151 words, and at most 100 were asked for"):
        check("word " * 151, 100)
    with pytest.raises(PromptError, match="240 words"):
        check("红" * 400, 100)


def test_words_are_counted_in_scripts_with_and_without_spaces() -> None:
    assert count_words("A red fox, 35mm.") == 4
    assert count_words("一只红色的狐狸在雪地里") == 7
    assert count_words("赤い狐 walks") == 3
