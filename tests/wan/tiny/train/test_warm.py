"""A network that starts from another: what fits is taken over, of a wide feed-forward what says most."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from wan.tiny import models
from wan.tiny.train.warm import start_from


def test_ti2v_starts_from_a_text_to_video_expert(tmp_path: Path) -> None:
    expert = models.build_transformer(models.LATENT_CHANNELS)
    with torch.no_grad():
        expert.blocks[3].ffn.net[0].proj.weight[5] *= 100
    torch.save({"model": expert.state_dict()}, tmp_path / "t2v_low.pt")
    model = models.build_ti2v_transformer()
    fresh = start_from(model, tmp_path / "t2v_low.pt")
    assert {name.split(".")[0] for name in fresh} == {"patch_embedding", "proj_out"}
    assert torch.equal(model.blocks[5].attn1.to_q.weight, expert.blocks[5].attn1.to_q.weight)
    theirs, own = expert.blocks[3].ffn.net, model.blocks[3].ffn.net
    # neuron 5 speaks louder than all others, so it stays, and with it its bias and its way out
    place = int((own[0].proj.weight.norm(dim=1)).argmax())
    assert torch.equal(own[0].proj.weight[place], theirs[0].proj.weight[5])
    assert own[0].proj.bias[place] == theirs[0].proj.bias[5]
    assert torch.equal(own[2].weight[:, place], theirs[2].weight[:, 5])


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"model": {"encoder.weight": torch.zeros(2)}}, tmp_path / "text.pt")
    with pytest.raises(ValueError, match="no transformer"):
        start_from(models.build_ti2v_transformer(), tmp_path / "text.pt")
