"""Segments in the management API."""
