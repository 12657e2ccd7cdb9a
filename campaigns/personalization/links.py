"""Links of a mail: replaced at send by signed tokens, their targets kept.

A click is redirected only to a target stored here (S34-S36). Tokens are bound to purpose and store by `kit/secrets.py`. How links are
found and which may stay: `tracking.py`.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings

from campaigns.personalization.tracking import MOST_LINKS, PROOF_SIGNS, address_of
from retention.customers.models import Customer
from retention.kit.secrets import BadLink, KeyRing, Link, in_address, link_signer, open_link, sign_link, site_ring
from retention.signup.links import address_mark

LINK, UNSUBSCRIBE, BASKET, SURVEY = "link", "unsubscribe", "basket", "survey"
_POSITION = "position of a link"
_UNPROVEN = "click"
"""The purpose of links from the time when a position needed no proof; they stay as good as they were."""
CLICK_DAYS, UNSUBSCRIBE_DAYS, BASKET_DAYS, SURVEY_DAYS = 400, 3650, 30, 60


def click_url(message_id: int, position: int, *, store_id: int, planned_at: datetime, site: str = "") -> str:
    """Return the address of one link of one message; the same again for a repeated build. site: as for `click_base`."""
    base = click_base(message_id, store_id=store_id, planned_at=planned_at, site=site)
    return address_of(base, position, click_proofs(message_id, store_id=store_id, count=position + 1))


def click_base(message_id: int, *, store_id: int, planned_at: datetime, site: str = "") -> str:
    """Return what the addresses of all links of one message begin with; the position and its proof follow.

    One signature for the whole message, good for its picture too, which has no position.
    site: what an address begins with where the shop has a host of its own ("https://links.lumen.example"), else it is ours.
    """
    return click_bases(store_id=store_id, site=site)(message_id, planned_at)


def click_bases(*, store_id: int, site: str = "") -> Callable[[int, datetime], str]:
    """Return what makes `click_base` of a message and the moment it was planned at, for many in a row."""
    begin, sign, good_for = f"{site or settings.SITE_URL}/c/", link_signer(store_id=store_id, purpose=LINK), timedelta(days=CLICK_DAYS)
    return lambda message_id, planned_at: f"{begin}{sign(str(message_id), planned_at + good_for)}."


def click_proofs(message_id: int, *, store_id: int, count: int = MOST_LINKS) -> str:
    """Return the proofs of the first positions of one message, `PROOF_SIGNS` each, one after the other.

    A template's links have the same positions in all its mails, whether one holds them or not: without a proof whoever got one mail could
    open what others were shown. All come out of one keyed stream of SHAKE256, because a signature for each link costs as much as rendering.
    """
    return proofs_by_message(store_id=store_id)(message_id, count)


def proofs_by_message(*, store_id: int) -> Callable[[int, int], str]:
    """Return what makes `click_proofs` of a message and a count, for many in a row."""
    key = _newest_key(site_ring())
    return lambda message_id, count: _proofs_by(key, message_id, store_id=store_id, count=count)


@lru_cache(maxsize=4)
def _newest_key(ring: KeyRing) -> bytes:
    return ring.derive(ring.newest, info=_POSITION, length=32)


def _proofs_by(key: bytes, message_id: int, *, store_id: int, count: int) -> str:
    stream = hashlib.shake_256(b"%b%d.%d" % (key, store_id, message_id)).digest(-(-PROOF_SIGNS * count * 3 // 4))
    return in_address(stream)[: PROOF_SIGNS * count]


def opening_url(base: str) -> str:
    """Return the address of a message's picture, from what the addresses of its links begin with: one signature for the whole message."""
    return base.replace("/c/", "/o/", 1).removesuffix(".")


def read_opening(token: str, *, now: datetime) -> tuple[Link, int]:
    """Return the link and the message of a picture; raises BadLink."""
    try:
        link = open_link(token, purpose=LINK, now=now)
    except BadLink:
        link = open_link(token, purpose=_UNPROVEN, now=now)
    if not link.subject.isdigit():
        raise BadLink("malformed")
    return link, int(link.subject)


def unsubscribe_url(customer: Customer, message_id: int, channel: str, *, store_id: int, planned_at: datetime, site: str = "") -> str:
    """Return the address that takes one person off one channel of one store. site: as for `click_base`."""
    return unsubscribe_urls(store_id=store_id, site=site)(customer, message_id, channel, planned_at)


def unsubscribe_urls(*, store_id: int, site: str = "") -> Callable[[Customer, int, str, datetime], str]:
    """Return what makes `unsubscribe_url` of a person, message, channel and the moment it was planned at, for many in a row."""
    begin, good_for = f"{site or settings.SITE_URL}/u/", timedelta(days=UNSUBSCRIBE_DAYS)
    sign = link_signer(store_id=store_id, purpose=UNSUBSCRIBE)

    def make(customer: Customer, message_id: int, channel: str, planned_at: datetime) -> str:
        return f"{begin}{sign(f'{channel}.{customer.id}.{message_id}.{address_mark(customer)}', planned_at + good_for)}"

    return make


def site_in(way_out: str) -> str:
    """Return what the addresses of a message begin with, from its own address to say no."""
    return way_out.rpartition("/u/")[0]


def basket_url(cart_id: int, *, store_id: int, planned_at: datetime, site: str = "") -> str:
    """Return the address of the page that brings one basket back. site: as for `click_base`."""
    token = sign_link(str(cart_id), store_id=store_id, purpose=BASKET, expires_at=planned_at + timedelta(days=BASKET_DAYS))
    return f"{site or settings.SITE_URL}/b/{token}"


def host_of_basket(address: str, *, site: str = "") -> str:
    """Return what a basket's link begins with where it leads to us, for the hosts a message may link to; nothing for one of the shop's.

    site: what the other addresses of the message begin with.
    """
    ours = site or settings.SITE_URL
    return ours if address.startswith(f"{ours}/b/") else ""


def read_basket(token: str, *, now: datetime) -> Link:
    """Return whose basket is to come back: the store, and the basket's id as the subject; raises BadLink."""
    link = open_link(token, purpose=BASKET, now=now)
    if not link.subject.isdigit():
        raise BadLink("malformed")
    return link


def survey_url(message_id: int, *, store_id: int, planned_at: datetime, site: str = "") -> str:
    """Return the address where whoever got a message answers how it went. site: as for `click_base`."""
    token = sign_link(str(message_id), store_id=store_id, purpose=SURVEY, expires_at=planned_at + timedelta(days=SURVEY_DAYS))
    return f"{site or settings.SITE_URL}/a/{token}"


def read_survey(token: str, *, now: datetime) -> tuple[int, int]:
    """Return the store and the message of an answer; raises BadLink."""
    link = open_link(token, purpose=SURVEY, now=now)
    if not link.subject.isdigit():
        raise BadLink("malformed")
    return link.store_id, int(link.subject)


def read_click(token: str, *, now: datetime) -> tuple[Link, int, int]:
    """Return the link, the message and the position of a click; raises BadLink.

    Mails of older days are known by their shape: their positions had no proof, and those of the very first stood inside what was signed.
    """
    signed, _, proof = token.rpartition(".")
    signed, _, position = signed.rpartition(".")
    if signed.count(".") != 1:
        return _read_unproven(token, now=now)
    link = open_link(signed, purpose=LINK, now=now)
    message_id, place = _whole(link.subject), _position(position)
    key = site_ring().derive(signed.partition(".")[0], info=_POSITION, length=32)
    proofs = _proofs_by(key, message_id, store_id=link.store_id, count=place + 1)
    if not hmac.compare_digest(proofs[PROOF_SIGNS * place :].encode(), proof.encode()):
        raise BadLink("forged")
    return link, message_id, place


def _read_unproven(token: str, *, now: datetime) -> tuple[Link, int, int]:
    signed, _, position = token.rpartition(".")
    try:
        link = open_link(signed, purpose=_UNPROVEN, now=now)
        subject = link.subject
    except BadLink:
        link = open_link(token, purpose=_UNPROVEN, now=now)
        subject, _, position = link.subject.partition(".")
    return link, _whole(subject), _position(position)


def _whole(text: str) -> int:
    if not text.isdigit():
        raise BadLink("malformed")
    return int(text)


def _position(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and len(text) < 4):
        raise BadLink("malformed")
    return int(text)


@dataclass(frozen=True)
class Unsubscribing:
    """A wish to hear no more. mark: of the address the mail went to; only who reads that one is shown more than the button."""

    store_id: int
    channel: str
    customer_id: int
    message_id: int
    mark: str


def read_unsubscribe(token: str, *, now: datetime) -> Unsubscribing:
    """Return who wants to hear no more on which channel; raises BadLink."""
    link = open_link(token, purpose=UNSUBSCRIBE, now=now)
    parts = link.subject.split(".")
    if len(parts) != 4 or not (parts[1].isdigit() and parts[2].isdigit()):
        raise BadLink("malformed")
    return Unsubscribing(link.store_id, parts[0], int(parts[1]), int(parts[2]), parts[3])
