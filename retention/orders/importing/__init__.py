"""Orders from a merchant's file: `reading.py` turns rows into orders and credit notes, `storing.py` compares and stores them."""
