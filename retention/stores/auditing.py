"""Writing the audit log: from a page, from the account pages, and for attempts that were refused.

`note` is for every room above; name actions `thing.verb_in_past`. The rows are `models/audit.py`, their words `audit_words.py`.
Listens to the sign-in signals of the library, the only place where signals are allowed.
"""

from collections.abc import Callable
from typing import Any

import redis
from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import email_changed, password_changed, password_reset
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_used
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest

from retention.kit.clock import now
from retention.stores import sessions
from retention.stores.client_address import UNKNOWN, client_ip
from retention.stores.models import AuditEntry, Membership, Store
from retention.tenancy.context import store_context, user_context

DENIED_EVERY_SECONDS = 600


def note(request: Any, action: str, *, target: str = "", details: dict[str, Any] | None = None) -> AuditEntry:
    """Write one entry for what this request did in its store, in the caller's transaction.

    details: ids and field names, never a personal value.
    """
    staff = getattr(request, "impersonator", None) is not None
    key = getattr(request, "api_key", None)
    return AuditEntry.write(
        action,
        store_id=request.store.pk if key is None else key.store_id,
        now=now(),
        actor_id=key.pk if key is not None else request.user.pk,
        actor_kind="key" if key is not None else "staff" if staff else "user",
        target=target,
        details=details,
        ip=_ip(request),
    )


def note_denied(request: Any, *, store_id: int, action: str, target: str) -> bool:
    """Write that somebody was refused, at most once in ten minutes for one person and page; False when it was written before.

    Without Valkey nobody can tell, so nothing is written: a flood must not fill the log.
    """
    mark = f"denied:{store_id}:{request.user.pk}:{action}:{target}"
    try:
        first = cache.add(mark, 1, DENIED_EVERY_SECONDS)
    except redis.RedisError:
        return False
    if first:
        with store_context(store_id):
            AuditEntry.write(action, store_id=store_id, now=now(), actor_id=request.user.pk, target=target, ip=_ip(request))
    return bool(first)


def note_in_every_store(request: HttpRequest | None, user: Any, action: str, **details: Any) -> None:
    """Write one entry in each store the person works in: for sign-in, password and second factor."""
    with user_context(user.pk), transaction.atomic():
        for store_id in Membership.objects.of_person(user.pk).order_by("store_id").values_list("store_id", flat=True):
            with store_context(store_id):
                AuditEntry.write(action, store_id=store_id, now=now(), actor_id=user.pk, details=details, ip=_ip(request))


def listen() -> None:
    """Hear the library's news; called once at start-up."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit-signed-in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit-signed-out")
    email_changed.connect(_account_news("account.address_changed"), weak=False, dispatch_uid="audit-address-changed")
    password_changed.connect(_account_news("account.password_changed"), weak=False, dispatch_uid="audit-password-changed")
    password_reset.connect(_account_news("account.password_reset"), weak=False, dispatch_uid="audit-password-reset")
    authenticator_added.connect(_second_factor_changed, dispatch_uid="audit-mfa-added")
    authenticator_removed.connect(_account_news("account.second_factor_removed"), weak=False, dispatch_uid="audit-mfa-removed")
    authenticator_used.connect(_second_factor_used, dispatch_uid="audit-mfa-used")


def store_of_slug(slug: str) -> int | None:
    """Return the id of the store with this short name, whoever asks."""
    return Store.objects.filter(slug=slug).values_list("pk", flat=True).first()


def _signed_in(sender: Any, request: HttpRequest | None, user: Any, **_more: Any) -> None:
    if request is not None:
        sessions.begin(request, user)
    note_in_every_store(request, user, "account.signed_in")


def _signed_out(sender: Any, request: HttpRequest | None, user: Any, **_more: Any) -> None:
    if request is not None and user is not None:
        sessions.forget(request)


def _second_factor_changed(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **_more: Any) -> None:
    """Adding one proves that the person holds it, so nothing asks for it again a moment later."""
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
    sessions.rotate(request)
    note_in_every_store(request, user, "account.second_factor_added", kind=authenticator.type)


def _second_factor_used(sender: Any, request: HttpRequest, user: Any, reauthenticated: bool = False, **_more: Any) -> None:
    if reauthenticated:
        sessions.rotate(request)


def _account_news(action: str) -> Callable[..., None]:
    def write(sender: Any, request: HttpRequest, user: Any, **_more: Any) -> None:
        note_in_every_store(request, user, action)

    return write


def _ip(request: HttpRequest | None) -> str | None:
    ip = client_ip(request) if request is not None else UNKNOWN
    return None if ip == UNKNOWN else ip
