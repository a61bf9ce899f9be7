"""Reference state-dict keys (Wan-Video/Wan2.2) to those of diffusers and transformers. Keys only, no torch."""

from __future__ import annotations

from wan.convert.keys import text_encoder_key, transformer_key, vae_key

__all__ = ["text_encoder_key", "transformer_key", "vae_key"]
