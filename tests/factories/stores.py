"""Stores, the people who work in them, their keys, and a browser that is signed in."""

import itertools
import time
from contextlib import AbstractContextManager
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils.text import slugify

from retention.kit.clock import now
from retention.stores.models import ApiKey, Membership, Store, User
from retention.tenancy.context import store_context

STRONG_PASSWORD = "correct-horse-battery-staple"
_numbers = itertools.count(1)


def make_store(name: str = "", **fields: Any) -> Store:
    """Save a German store that sells in euros; the name alone makes a slug of its own."""
    number = next(_numbers)
    name = name or f"Shop {number}"
    given = {"slug": f"{slugify(name)[:40]}-{number}", "country": "DE", "currency": "EUR", "zone": "Europe/Berlin", "locale": "en"}
    return Store.objects.create(name=name, **(given | fields))


def make_user(email: str = "", *, password: str | None = None, verified: bool = True, **fields: Any) -> User:
    """Save a person whose address is verified; without `password` nobody can sign in by one (hashing is slow)."""
    email = (email or f"person{next(_numbers)}@example.test").lower()
    user = User.objects.create_user(email, password, **({"name": email.partition("@")[0].replace(".", " ").title()} | fields))
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user


def member_of(store: Store, role: str = "owner", *, user: User | None = None, email: str = "") -> User:
    """Save a membership and return its person; a new one unless given."""
    user = user or make_user(email)
    with store_context(store.pk):
        Membership.objects.create(store=store, user=user, role=role)
    return user


def make_key(store: Store, kind: str = "secret", scopes: list[str] | None = None, *, label: str = "Test key") -> tuple[ApiKey, str]:
    """Save a key; return it and its text. A secret one may send events unless told otherwise."""
    wanted = scopes if scopes is not None else (["events:write"] if kind == "secret" else [])
    with store_context(store.pk):
        key, text = ApiKey.prepare(kind=kind, label=label, scopes=wanted, created_by=None, now=now())
        key.save()
    return key, text


def work_for(store: Store) -> AbstractContextManager[None]:
    """Open the store's context for a `with` block of a test."""
    return store_context(store.pk)


def signed_in(user: User, *, stepped_up: bool = True, **browser: Any) -> Client:
    """Return a browser in which this person is signed in, with a fresh second factor unless told otherwise."""
    client = Client(**browser)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    if stepped_up:
        step_up(client, user)
    return client


def step_up(client: Client, user: User) -> None:
    """Give the person an authenticator and let this browser have used it a moment ago."""
    Authenticator.objects.get_or_create(user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": "unused"}})
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    moment = time.time()
    session["account_authentication_methods"] = [
        {"method": "password", "at": moment, "reauthenticated": True},
        {"method": "mfa", "at": moment, "type": "totp", "reauthenticated": True},
    ]
    session.save()
