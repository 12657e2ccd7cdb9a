"""Ready-made journeys as data, one file each. A new one: copy `abandoned_cart.py`, add a line here."""

from campaigns.playbooks.abandoned_cart import ABANDONED_CART
from campaigns.playbooks.base import Playbook
from retention.kit.register import Register

PLAYBOOKS: Register[Playbook] = Register("playbook")
PLAYBOOKS.add(ABANDONED_CART.key, ABANDONED_CART)

__all__ = ["PLAYBOOKS", "Playbook"]
