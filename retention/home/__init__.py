"""The home page of a store: what happened, what needs somebody, and on the first day what to do next.

Built from the registers of `retention/dashboard/home_parts.py`, which each room fills; only what spans rooms is said here.
"""
