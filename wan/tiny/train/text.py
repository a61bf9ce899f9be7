"""Trains the text encoder: every token's output must say the whole scene. Minutes on one CPU core.

The transformers read these outputs through cross-attention. Training the encoder on its own, before them, lets T2V and
I2V train at the same time on one frozen encoder; trained together with T2V it would learn the same answers, slower.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast, UMT5EncoderModel

from wan.tiny import captions, models
from wan.tiny.tokens import build_tokenizer
from wan.tiny.train.optimizer import update
from wan.tiny.train.running import Average, Budget, Log, load_resume, rate, save_resume
from wan.tiny.vocabulary import known_words
from wan.tiny.world import COLOURS, LIGHTS, MOTIONS, PLACES, SHAPES, Scene, training_scenes

ANSWERS: dict[str, tuple[str, ...]] = {
    "shape": SHAPES,
    "colour": COLOURS,
    "place": PLACES,
    "light": LIGHTS,
    "motion": MOTIONS,
}
UNKNOWN_SHARE = 0.15
"""Share of captions into which a word from outside the vocabulary is put: it must not disturb the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTraining:
    """What the stage needs."""

    out: Path
    budget: Budget
    batch: int = 96
    lr: float = 2e-3
    seed: int = 4
    log_every: int = 50
    save_every: int = 500


class Reader(nn.Module):
    """The encoder with a linear reader for every kind of word; only the encoder is kept."""

    def __init__(self, tokens: int):
        super().__init__()
        self.encoder = models.build_text_encoder(tokens)
        self.heads = nn.ModuleDict(
            {kind: nn.Linear(models.TEXT_DIM, len(words) + 1) for kind, words in ANSWERS.items()}
        )

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Logits `[B, L, words + 1]` of every kind; the last class is 'not said'."""
        hidden = self.encoder(ids, mask).last_hidden_state
        return {kind: head(hidden) for kind, head in self.heads.items()}


def draw_captions(count: int, rng: random.Random) -> tuple[list[str], Tensor]:
    """Captions and their answers `[count, 5]`."""
    texts: list[str] = []
    answers: list[list[int]] = []
    for _ in range(count):
        scene = rng.choice(training_scenes())
        choice = rng.random()
        text, said = captions.caption(scene, rng), scene
        if choice < 0.08:
            text, said = captions.no_caption(rng), Scene("", "", "", "", "")
        elif choice < 0.30:
            text, said = captions.partial_caption(scene, rng)
        if text and rng.random() < UNKNOWN_SHARE:
            words = text.split(" ")
            words.insert(rng.randrange(len(words) + 1), "zzz")
            text = " ".join(words)
        texts.append(text)
        answers.append([_answer(kind, getattr(said, kind)) for kind in ANSWERS])
    return texts, torch.tensor(answers)


def _answer(kind: str, word: str) -> int:
    return ANSWERS[kind].index(word) if word else len(ANSWERS[kind])


def tokenize(tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> tuple[Tensor, Tensor]:
    """Ids and mask `[B, 48]` of prompts, padded as the pipeline does."""
    tokens = tokenizer(
        texts, padding="max_length", truncation=True, max_length=tokenizer.model_max_length, return_tensors="pt"
    )
    return tokens.input_ids, tokens.attention_mask


@torch.no_grad()
def embed(encoder: UMT5EncoderModel, tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> Tensor:
    """Prompt embeddings `[B, 48, TEXT_DIM]`; rows past the end token are zero, as diffusers' WAN pipelines have it."""
    ids, mask = tokenize(tokenizer, texts)
    ids, mask = ids.to(encoder.device), mask.to(encoder.device)
    hidden: Tensor = encoder(ids, mask).last_hidden_state
    return hidden * mask[..., None].to(hidden.dtype)


@torch.no_grad()
def accuracy(reader: Reader, tokenizer: PreTrainedTokenizerFast, seed: int, count: int = 500) -> float:
    """Share of answers that all tokens together give right on new captions."""
    texts, answers = draw_captions(count, random.Random(seed))
    ids, mask = tokenize(tokenizer, texts)
    logits = reader(ids, mask)
    right = [
        ((logit.log_softmax(-1) * mask[..., None]).sum(1).argmax(-1) == answers[:, i]).float().mean()
        for i, logit in enumerate(logits.values())
    ]
    return float(torch.stack(right).mean())


def loss_of(reader: Reader, tokenizer: PreTrainedTokenizerFast, texts: list[str], answers: Tensor) -> Tensor:
    """The sum over kinds of the mean cross-entropy of every token's answer."""
    ids, mask = tokenize(tokenizer, texts)
    length = int(mask.sum(1).max())
    ids, mask = ids[:, :length], mask[:, :length].bool()
    wanted = answers[:, None].expand(-1, length, -1)[mask]
    logits = reader(ids, mask.long())
    return torch.stack([F.cross_entropy(x[mask], wanted[:, i]) for i, x in enumerate(logits.values())]).sum()


def train_text(config: TextTraining) -> list[float]:
    """Runs the stage and returns the losses; goes on from `out/text_resume.pt`, writes `out/text.pt`."""
    torch.manual_seed(config.seed)
    tokenizer = build_tokenizer()
    reader = Reader(len(known_words()) + 3)
    average = Average(reader, 0.995)
    adam = torch.optim.AdamW(reader.parameters(), lr=config.lr, weight_decay=0.01)
    log, losses, step = Log(config.out / "text.jsonl"), [], 0
    resume = config.out / "text_resume.pt"
    if resume.exists():
        progress = load_resume(resume, reader, average, [adam])
        step, config.budget.spent = progress["step"], progress["elapsed"]
    while (part := config.budget.part(step)) < 1.0:
        for group in adam.param_groups:
            group["lr"] = config.lr * rate(step, part, warmup=50, decay_from=0.3)
        loss = loss_of(reader, tokenizer, *draw_captions(config.batch, random.Random(config.seed * 10**9 + step)))
        update(loss, reader, [adam])
        step += 1
        average.update(step)
        if step % config.log_every == 0 or step == 1:
            losses.append(float(loss.detach()))
            log.write(stage="text", step=step, loss=losses[-1], seconds=config.budget.elapsed)
        if step % config.save_every == 0:
            save_resume(resume, reader, average, [adam], step=step, elapsed=config.budget.elapsed)
    average.copy_to(reader)
    right = accuracy(reader, tokenizer, seed=900_000_001)
    log.write(stage="text", step=step, accuracy=right, seconds=config.budget.elapsed)
    state = {"model": reader.encoder.state_dict(), "step": step, "accuracy": right, "seed": config.seed}
    torch.save(state, config.out / "text.pt")
    return losses
