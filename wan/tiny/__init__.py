"""The `tiny` family: a trained miniature of WAN 2.2 with the world it knows, a judge and the code that trained it.

Nothing heavy is imported here: `wan.tiny.world`, `wan.tiny.captions` and `wan.tiny.vocabulary` need no torch.
"""
