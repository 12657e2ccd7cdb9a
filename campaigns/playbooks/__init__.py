"""Ready-made journeys as data, one file each. A new one: copy `wishlist.py`, add a line here."""

from campaigns.playbooks.abandoned_cart import ABANDONED_CART
from campaigns.playbooks.back_in_stock import BACK_IN_STOCK
from campaigns.playbooks.base import AIMS, Playbook
from campaigns.playbooks.birthday import BIRTHDAY
from campaigns.playbooks.browse import BROWSE
from campaigns.playbooks.category import CATEGORY
from campaigns.playbooks.companions import COMPANIONS
from campaigns.playbooks.first_order import FIRST_ORDER
from campaigns.playbooks.gift import GIFT
from campaigns.playbooks.new_arrivals import NEW_ARRIVALS
from campaigns.playbooks.price_drop import PRICE_DROP
from campaigns.playbooks.quiet import QUIET
from campaigns.playbooks.replenish import REPLENISH
from campaigns.playbooks.returning import RETURNING
from campaigns.playbooks.review import REVIEW
from campaigns.playbooks.second_order import SECOND_ORDER
from campaigns.playbooks.survey import SURVEY
from campaigns.playbooks.welcome import WELCOME
from campaigns.playbooks.win_back import WIN_BACK
from campaigns.playbooks.wishlist import WISHLIST
from retention.kit.register import Register

PLAYBOOKS: Register[Playbook] = Register("playbook")
for _one in (
    WELCOME, ABANDONED_CART, BROWSE, CATEGORY, WISHLIST, BACK_IN_STOCK, PRICE_DROP, FIRST_ORDER, SECOND_ORDER, COMPANIONS, REVIEW, SURVEY,
    REPLENISH, GIFT, RETURNING, BIRTHDAY, NEW_ARRIVALS, WIN_BACK, QUIET,
):  # fmt: skip
    PLAYBOOKS.add(_one.key, _one)

__all__ = ["AIMS", "PLAYBOOKS", "Playbook"]
