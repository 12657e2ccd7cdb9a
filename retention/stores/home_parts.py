"""What this room shows on the home page: the first step of the set-up, and what needs the team: keys in the open, second factors."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from retention.dashboard.access import allows
from retention.dashboard.home_parts import NeedsYou, Step
from retention.stores import countries, stepping_up
from retention.stores.models import ApiKey


def store_step(request: Any, now: datetime) -> Step:
    """Return the first step of the set-up, which is done as soon as there is a store."""
    store = request.store
    words = _("%(city)s time, %(currency)s, %(language)s") % {
        "city": countries.city_of(store.zone),
        "currency": countries.currency_words(store.currency).partition(",")[0],
        "language": countries.language_name(store.locale),
    }
    return Step(title=_("Create the store"), text=words, done=True)


def keys_in_the_open(request: Any, now: datetime) -> list[NeedsYou]:
    """Return the secret keys that were used from a browser and still live."""
    if not allows(request.role, capability="keys.view"):
        return []
    seen = ApiKey.objects.live().exclude(misused_at=None).order_by("misused_at", "pk")
    return [
        NeedsYou(
            icon="key",
            title=_("The secret key “%(name)s” stands in a web page") % {"name": key.label},
            consequence=_("Everybody who visits the page can read it. We refuse it there, but not elsewhere."),
            button=_("Replace it"),
            url=reverse("settings:keys", args=[request.store.slug]),
            since=key.misused_at,
            tone="bad",
        )
        for key in seen
    ]


def second_factor_due(request: Any, now: datetime) -> list[NeedsYou]:
    """Return the reminder of an owner who has no second factor yet."""
    until = stepping_up.deadline_of(request.membership) if settings.MFA_ENFORCED else None
    if until is None or stepping_up.has_second_factor(request.user):
        return []
    day = date_format(timezone.localtime(until), "j F")
    return [
        NeedsYou(
            icon="shield-check",
            title=_("Add a second factor to your sign-in"),
            consequence=_("From %(day)s on, an owner cannot work here without one.") % {"day": day},
            button=_("Add it"),
            url=reverse("stores:second_factor"),
            since=request.membership.created_at,
            tone="warn",
        )
    ]
