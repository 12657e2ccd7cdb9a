"""Tenancy: which store a piece of work belongs to, enforced twice (scoped querysets above, row-level security below).

No domain here: a store is only a number. Copy `constraints.py` for another database object that lives in migrations.
"""
