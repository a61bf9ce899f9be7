from __future__ import annotations

import random
import subprocess
import sys

from wan.tiny import captions
from wan.tiny.vocabulary import known_words, unknown_words
from wan.tiny.world import all_scenes


def test_the_example_prompt_is_known() -> None:
    prompt = "A white paper boat moves left to right, over water at noon, cut-paper animation"
    assert unknown_words(prompt) == []


def test_words_from_outside_are_named_once_in_order() -> None:
    assert unknown_words("A cyberpunk boat in Paris, very cyberpunk") == ["cyberpunk", "paris", "very"]


def test_every_caption_is_made_of_known_words() -> None:
    rng = random.Random(3)
    for scene in rng.sample(all_scenes(), 300):
        text, _ = captions.partial_caption(scene, rng)
        for prompt in (captions.caption(scene, rng), captions.plain_caption(scene), text, captions.no_caption(rng)):
            assert unknown_words(prompt) == [], prompt


def test_the_vocabulary_is_small_and_sorted() -> None:
    assert list(known_words()) == sorted(set(known_words()))
    assert len(known_words()) < 300


def test_asking_for_unknown_words_imports_no_torch() -> None:
    code = "import sys; import wan.tiny.vocabulary as v; v.unknown_words('a boat'); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
