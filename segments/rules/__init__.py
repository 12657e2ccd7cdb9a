"""The rule language: who belongs to a segment, as a typed tree with three readers (SQL, Python, a sentence). No database here.

`tree.py` reads JSON; `compiler.py`, `evaluator.py` and `sentence.py` read the tree. What a single condition means is in `conditions/`.
"""
