"""Animate-14B: a person in a picture moves as the person in a video does, or takes that person's place."""
