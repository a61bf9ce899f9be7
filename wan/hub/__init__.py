"""Published checkpoints: which there are, fetching them whole or not at all, and checking what is here. No torch."""
