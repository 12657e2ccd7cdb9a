"""Personalization: what a template may see, compiling it once, rendering it per person, and its links."""
