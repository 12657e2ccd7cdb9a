"""Tests of the ready-made journeys: each is taken in a fresh store, and one person goes through it to its last step."""
