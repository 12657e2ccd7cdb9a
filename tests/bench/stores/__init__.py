"""Stores that benchmarks share, seeded once."""
