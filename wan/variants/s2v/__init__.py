"""S2V-14B, which diffusers does not have: transformer, sound features, and how long speech is cut into clips."""
