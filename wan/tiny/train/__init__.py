"""The code that trained the tiny family: `python -m wan.tiny.train text|vae|t2v|i2v|export`."""
