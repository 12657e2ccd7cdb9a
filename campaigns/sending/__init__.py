"""Sending: may it leave, when, on which account; claim, render, send, record. Effectively once, or visibly unknown."""
