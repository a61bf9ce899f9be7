"""Asking for one prompt: the conversation, and how often it is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable

from wan.errors import ModelUnavailable, PromptError
from wan.prompts.answers import check, clean
from wan.prompts.conversation import Extender, Message
from wan.prompts.instructions import PromptRequest, instruction_for, system_message

FIRST_WAIT = 1.0
"""Seconds before the second attempt at an endpoint in trouble; every further wait is twice as long."""
LONGEST_WAIT = 60.0
"""Seconds. An endpoint that wants to be left alone for longer is taken at its word: it cannot be used now."""


def extend_prompt(
    extender: Extender,
    request: PromptRequest,
    *,
    attempts: int = 3,
    most: int | None = None,
    wait: Callable[[float], object] = time.sleep,
) -> str:
    """The prompt written out, as one line of text. The same question, model and seed give the same answer.

    `most` words are asked for instead of the variant's own limit. A model in trouble is asked again after a while, an
    answer of no use is sent back with what is wrong with it; `attempts` counts both. `wait` sleeps for seconds.
    Raises PromptError with the last reason (ModelUnavailable: other prompts would fare no better).
    """
    pictured = request.image is not None and extender.sees
    instruction = instruction_for(request.variant, pictured=request.image is not None)
    limit = most or instruction.most
    messages = [
        Message("system", system_message(instruction, pictured=pictured, most=most)),
        Message("user", _question(request), request.image if pictured else None),
    ]
    for attempt in range(1, attempts + 1):
        try:
            answer = extender.answer(messages)
            try:
                return check(clean(answer), limit)
            except PromptError as error:
                messages = [*messages[:2], *_correction(answer, error, limit)]
                raise
        except PromptError as error:
            if not error.again or attempt == attempts:
                raise
            if isinstance(error, ModelUnavailable):
                wait(_pause(error, attempt))
    raise ValueError(f"attempts must be at least 1, not {attempts}")


def _question(request: PromptRequest) -> str:
    avoid = f"\n\nMust not be seen: {request.negative_prompt}" if request.negative_prompt else ""
    return f"The prompt:\n<prompt>\n{request.prompt}\n</prompt>{avoid}"


def _correction(answer: str, error: PromptError, limit: int) -> list[Message]:
    """What is wrong with the last answer. Without this a model that is not sampled would say the same again."""
    told = f"That cannot be used: {error}. Give the rewritten prompt alone, in at most {limit} words."
    shown = answer.strip()[:2000]
    return [Message("assistant", shown), Message("user", told)] if shown else [Message("user", told)]


def _pause(error: ModelUnavailable, attempt: int) -> float:
    """Seconds until the next attempt. Raises the error if the endpoint asks for more than we wait."""
    if error.after is not None and error.after > LONGEST_WAIT:
        raise error
    longer = min(FIRST_WAIT * 2.0 ** (attempt - 1), LONGEST_WAIT)
    return longer if error.after is None else max(error.after, longer)
