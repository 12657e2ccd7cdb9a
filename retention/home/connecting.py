"""The line a shop pastes into its pages: which key it carries, and the mail that brings it to a developer."""

from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _

from retention.stores.models import ApiKey


def public_key() -> ApiKey | None:
    """Return the active store's oldest public key that lives, or None."""
    found: ApiKey | None = ApiKey.objects.live().filter(kind=ApiKey.Kind.PUBLIC).order_by("pk").first()
    return found


def tag_of(key: ApiKey) -> str:
    """Return the line a shop pastes into its pages."""
    return f'<script async src="{settings.SITE_URL}/static/js/boomerang.js" data-key="{key.shown}"></script>'


def mail_of(tag: str) -> str:
    """Return the address of a mail to the shop's developer that carries the line."""
    words = _("Please put this line into the head of every page of our shop:\n\n%(line)s\n") % {"line": tag}
    return f"mailto:?subject={quote(_('Connect our shop to Boomerang'))}&body={quote(words)}"
