"""Which texts are e-mail addresses a shop can write to: the plain form of RFC 5321 with a domain of two parts or more. No network.

Quoted names, comments, addresses of machines ([192.0.2.1]) and single words after the @ (test@io) are legal on paper and refused here:
in a shop's lists they are slips of the keyboard. tests/customers/test_addresses.py says so case by case.
"""

import re

_WORD = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[^\W_](?:(?:[^\W_]|-)*[^\W_])?"
_ADDRESS = re.compile(rf"(?P<local>{_WORD}(?:\.{_WORD})*)@(?P<domain>{_LABEL}(?:\.{_LABEL})+)")
_LONGEST, _LONGEST_LOCAL, _LONGEST_LABEL = 254, 64, 63


def is_address(text: str) -> bool:
    """Say whether a text is an address: letters of every script are allowed on both sides of the @."""
    found = _ADDRESS.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or len(found["local"].encode()) > _LONGEST_LOCAL:
        return False
    labels = found["domain"].split(".")
    return not labels[-1].isdecimal() and all(len(label) <= _LONGEST_LABEL for label in labels)
