"""What `check --deploy` asks beside Django's own questions: https, sealed credentials, a database role that sees one store.

Each refusal is one sentence that says what to do. A new one is a function in `deploy_checks`.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import OperationalError

from retention.tenancy.checking import unsafe_role


@register(Tags.security, deploy=True)
def deploy_checks(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse an address without https; warn where a secret is missing or short."""
    found: list[CheckMessage] = []
    if not settings.SITE_URL.startswith("https://"):
        found.append(Error("SITE_URL does not begin with https://. Sessions and keys would travel in the open.", id="boomerang.E001"))
    if not settings.MERCHANT_KEYS:
        hint = "Set MERCHANT_KEYS to `id:key`, for example k1: and 43 random characters."
        found.append(Warning("Stores' credentials are sealed with SECRET_KEY, and would be lost with it.", hint=hint, id="boomerang.W001"))
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < 20:
        found.append(Warning("METRICS_TOKEN is shorter than 20 characters.", id="boomerang.W002"))
    return found


@register(Tags.database, deploy=True)
def database_role(app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a database role that sees every store; asked with `check --deploy --database default`."""
    if "default" not in (databases or ()):
        return []
    try:
        sentence = unsafe_role()
    except OperationalError:
        return [Error("The database of DATABASE_URL does not answer.", id="boomerang.E003")]
    return [Error(sentence, id="boomerang.E002")] if sentence else []
