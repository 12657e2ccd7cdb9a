"""Tests of what operations rely on: production settings, containers."""
