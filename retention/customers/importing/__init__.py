"""Bringing in a merchant's file: keep it, read it, say what would change, bring it in, say what came of it.

`filing.py` keeps the file, `reading.py` turns bytes into rows, `cells.py` cells into values, `kinds.py` is the register of what a file may
hold, `mapping.py` matches columns, `staging.py` reads rows into things, `running.py` works in turns that survive kill -9. `people.py`
and `meeting.py` are the kind for customers; copy them for a new one.
"""
