"""Prompt extension: a chat model rewrites a short prompt as a film director would, before anything is rendered.

    from wan.prompts import PromptRequest, extend_prompt, open_api

    with open_api("http://127.0.0.1:8000/v1", "Qwen/Qwen2.5-7B-Instruct") as extender:
        print(extend_prompt(extender, PromptRequest("t2v-a14b", "a fox in the snow")))

`open_local` does the same with a model of this machine. Neither torch nor httpx is imported before one of them is used.
"""

from __future__ import annotations

from wan.prompts.ask import extend_prompt
from wan.prompts.backends import open_api, open_local
from wan.prompts.conversation import Extender, Message
from wan.prompts.instructions import VERSION, PromptRequest, instruction_for

__all__ = [
    "VERSION",
    "Extender",
    "Message",
    "PromptRequest",
    "extend_prompt",
    "instruction_for",
    "open_api",
    "open_local",
]
