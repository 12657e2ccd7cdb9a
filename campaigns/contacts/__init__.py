"""How often people are written to: what they got, what is planned for them, what a message is worth, and what to change.

Nothing here sends: `sending/` keeps the budget and lets messages compete, by what this room counted.
"""
