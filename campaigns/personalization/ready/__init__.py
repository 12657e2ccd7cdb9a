"""Ready-made mails, made of blocks: what a new mail begins with. They belong to the merchant from the moment one is made.

A new one: an entry in `mails.py`, and its sentences in `german.py`. The light and the dark look of all of them stand once, in `shell.py`.
"""

from campaigns.personalization.ready.mails import READY_MAILS, ReadyMail, wording_of

__all__ = ["READY_MAILS", "ReadyMail", "wording_of"]
