"""Addresses of pages that workers write into mails, without asking the router: that would read every page, form and endpoint into a worker,
fifteen megabytes of which no task needs anything. `tests/dashboard/test_addresses.py` compares each with the router.
"""

from django.conf import settings

PATHS = {
    "campaigns:campaign": "/s/{}/campaigns/{}/",
    "campaigns:coupon_pool": "/s/{}/coupons/{}/",
    "campaigns:journey": "/s/{}/journeys/{}/",
    "customers:detail": "/s/{}/customers/{}/",
    "customers:exports": "/s/{}/files/",
    "signup:confirm": "/y/{}/",
    "signup:hosted": "/f/{}/",
    "signup:new_address": "/a/{}/",
    "signup:preferences": "/p/{}/",
    "webhooks:detail": "/s/{}/settings/webhooks/{}/",
}


def page_address(page: str, *parts: object, site: str = "") -> str:
    """Return the whole address of a page.

    page: the name of its route. parts: what stands in it, in their order: slugs, public ids and signed tokens, all of which may stand in an
    address as they are. site: what it begins with where that is not our own site.
    """
    return (site or settings.SITE_URL) + PATHS[page].format(*parts)
