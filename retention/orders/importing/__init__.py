"""Orders from a merchant's file: `reading.py` and `lines.py` read, `storing.py` compares, `buyers.py`, `bringing.py` write what is new."""
