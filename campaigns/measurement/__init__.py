"""Measurement: who is held out, and which message an order is credited to."""
