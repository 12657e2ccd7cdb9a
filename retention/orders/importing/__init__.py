"""Orders from a merchant's file: `reading.py` and `lines.py` read, `columns.py` is how lines are staged.

`storing.py` compares, `buyers.py` and `bringing.py` write what is new.
"""
