"""The store boundary, read from the models and from PostgreSQL's own catalogue. The checks stand in `reflection.py`."""
