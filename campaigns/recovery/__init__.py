"""The recovery plan: where people left (stages) by why they came (visitor groups), and what each cell says to them.

`rules/` thinks; `looking.py` reads stored events; `noticing.py` finds who left; `planning.py` keeps the matrix; `figures.py` counts it.
"""
