"""The scene of the crawl: a victim and an attacker, each a whole store with a canary in every object, and every kind of caller."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connections, models
from django.test import Client

from retention.dashboard.access import ROLES
from retention.stores.models import ApiKey, AuditEntry, Store, User
from retention.stores.models.key import Scope
from retention.tenancy.context import store_context
from retention.tenancy.unscoped import unscoped
from tests.factories import make_key, make_store, make_user, member_of, signed_in
from tests.isolation.filling import fill, store_owned


@dataclass
class Side:
    """One store with everything in it. canary: a word that stands in every text of it and nowhere else."""

    canary: str
    store: Store
    people: dict[str, User]
    rows: dict[str, models.Model]
    secret: str
    public: str
    revoked: str
    narrow: str
    browsers: dict[str, Client] = field(default_factory=dict)

    def browser(self, role: str) -> Client:
        """Return a browser in which the person with this role is signed in, second factor included."""
        if role not in self.browsers:
            self.browsers[role] = signed_in(self.people[role])
            self.browsers[role].raise_request_exception = False
        return self.browsers[role]

    def value(self, place: str) -> Any:
        """Return what stands at `label.field` in this store, for example `customers.Customer.public_id`."""
        label, _dot, name = place.rpartition(".")
        row = self.store if label == "stores.Store" else self.people["support"] if label == "stores.User" else self.rows[label]
        return getattr(row, name)


def side(canary: str) -> Side:
    """Make one store with a person in every role, its keys and one row of every table."""
    store = make_store(f"{canary} shop", slug=f"{canary}-shop", postal_address=f"{canary} street")
    people = {role: member_of(store, role, user=make_user(f"{role}.{canary}@example.test")) for role in ROLES}
    secret = make_key(store, "secret", list(Scope.values), label=f"{canary} secret")
    public = make_key(store, "public", label=f"{canary} public")
    narrow = make_key(store, "secret", [], label=f"{canary} narrow")
    revoked = make_key(store, "secret", list(Scope.values), label=f"{canary} revoked")
    with store_context(store.pk):
        ApiKey.objects.filter(pk=revoked[0].pk).update(revoked_at=revoked[0].created_at)
        membership = store.memberships.get(user=people["support"])
    rows = fill(store, canary=canary, given={"stores.ApiKey": secret[0], "stores.Membership": membership})
    return Side(canary, store, people, rows, secret[1], public[1], revoked[1], narrow[1])


@dataclass
class Scene:
    """Both sides, and people who belong to neither."""

    victim: Side
    attacker: Side
    stranger: User
    staff: User


def make_scene() -> Scene:
    """Make both stores and the people outside them."""
    staff = make_user("staff@example.test", is_staff=True, is_superuser=True)
    return Scene(side("canaryvictim"), side("canaryattacker"), make_user("stranger@example.test"), staff)


def fingerprint(store: Store) -> dict[str, str]:
    """Return a digest of every row of a store, by table. The audit log is left out: a refused attempt adds to it."""
    with unscoped(reason="compare rows in a test"), connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE name = 'fingerprint'")
        if cursor.fetchone() is None:
            cursor.execute(f"PREPARE fingerprint (bigint) AS {_digests()}")
        cursor.execute("EXECUTE fingerprint (%s)", [store.pk])
        return dict(cursor.fetchall())


def rows_written() -> int:
    """Return how many rows this connection has added, changed or deleted in its open transaction, those taken back since included.

    Where it has not grown, no row of any store has changed, and nobody need compare them.
    """
    with connections["default"].cursor() as cursor:
        cursor.execute(_WRITTEN)
        return int(cursor.fetchone()[0])


_WRITTEN = """
    SELECT sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_xact_tuples_deleted(oid))
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


def _digests() -> str:
    """Return one question for all tables; planned once for a connection, since the crawl asks it after every request that wrote."""
    digest = "md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), ''))"
    return " UNION ALL ".join(
        f"SELECT '{model._meta.label}', {digest} FROM \"{model._meta.db_table}\" t WHERE store_id = $1"
        for model in store_owned()
        if model is not AuditEntry
    )
