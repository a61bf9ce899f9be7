"""Shots that go on from each other: whether they look as one."""
