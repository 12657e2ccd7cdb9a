"""The test inbox: a mail server on this machine that keeps what it receives in files, and pages to read them.

Real SMTP, no sending on. A store's campaign mail lies in the store's folder, mail of the product itself in "product".
Scripted addresses answer as difficult mail servers do, see `serving.py`.
"""
