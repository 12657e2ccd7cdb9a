"""E-mail: the channel, building a mail (`mime.py`), and its providers."""
