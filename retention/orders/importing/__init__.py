"""Orders from a merchant's file: `reading.py` turns rows into orders and credit notes, `lines.py` into lines; `storing.py` stores them."""
