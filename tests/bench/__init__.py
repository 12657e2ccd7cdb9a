"""Benchmarks: each module has `main(scale) -> (rows, figures)`; `./run bench NAME` runs one on servers of its own."""
