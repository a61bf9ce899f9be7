"""Batches: one film for each row of a table, planned together, rendered by one pool, shown on one page.

Everything is imported on first use: `flows --help` needs none of it.
"""
