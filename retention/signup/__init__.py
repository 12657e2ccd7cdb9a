"""Sign-up forms, double opt-in and the preference centre: how a person gives a shop their address, and keeps a say in it.

`questions/` holds the kinds of questions; `taking.py` receives a filled form, `confirming.py` the yes to the mail.
"""
