"""Journeys: their definition and engine (think), what starts and stops them, and what carries them on."""
