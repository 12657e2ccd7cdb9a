"""Which hosts push messages go to: the push services of browsers, and those an operator names. Nothing else is kept or called.

An endpoint is whatever a page said, and the key that opens our door to pages is public: without this list anybody could make us call a
host of theirs, or fill a campaign with answers of their choosing. One service of a vendor is one host or all names below it.
"""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from campaigns.channels.push.encrypting import BadSubscription
from retention.kit.fetch import FetchRefused
from retention.kit.fetch.addresses import is_loopback
from retention.kit.fetch.policy import policy_from_settings
from retention.kit.fetch.targets import read_target

KNOWN = (
    "fcm.googleapis.com",  # Chrome, Edge on Android, Opera, Brave, Samsung
    "android.googleapis.com",  # Chrome before 2016; a few still hold one
    "jmt17.google.com",  # Chrome's early builds
    ".push.services.mozilla.com",  # Firefox
    ".push.apple.com",  # Safari
    ".notify.windows.com",  # Edge on Windows
)
"""A name that begins with a dot stands for every name below it."""


class UnknownService(BadSubscription):
    """No push service we know listens there."""


def check_endpoint(endpoint: str) -> None:
    """Raise FetchRefused or UnknownService unless this is an address of a push service. Its host is not looked up here.

    Where only this machine may be reached (the demo, tests), a push service on it is one too.
    """
    target, policy = read_target(endpoint), policy_from_settings()
    if policy.reach == "loopback-only" and target.literal is not None and is_loopback(target.literal):
        policy.check_target(target)
        return
    if target.scheme != "https":
        raise FetchRefused("scheme")
    if target.port != 443:
        raise FetchRefused("port")
    if not any(_fits(target.host, name) for name in (*KNOWN, *settings.PUSH_SERVICES)):
        raise UnknownService(_("%(host)s is no push service we know.") % {"host": target.host[:200]})


def _fits(host: str, name: str) -> bool:
    name = name.lower()
    return host.endswith(name) if name.startswith(".") else host == name
