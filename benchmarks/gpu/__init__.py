"""Figures of true-size models with random weights on a GPU; run through `benchmarks.variants`."""
