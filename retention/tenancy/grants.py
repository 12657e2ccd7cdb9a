"""What each database role may do to each table: least privilege, worked out from the models.

A model changes its own line with `db_grants = {"app": "SELECT, INSERT"}`; an app that needs a function of the owner's besides has
`db_statements` in its `AppConfig`. Run by `migrate`, as owner, after the last migration.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from retention.tenancy import statistics
from retention.tenancy.models import StoreOwned
from retention.tenancy.roles import role_name

EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
GRANTED = ("app", "ingest", "platform", "segments", "readonly")

# Tables of installed libraries that platform staff write while they work in the admin.
LIBRARY_GRANTS: dict[str, dict[str, str]] = {
    "admin.LogEntry": {"app": "SELECT, INSERT", "platform": "SELECT, INSERT"},
    "sessions.Session": {"app": EVERYTHING, "platform": "SELECT, DELETE"},
    "account.EmailAddress": {"app": EVERYTHING, "platform": "SELECT, UPDATE"},
    "mfa.Authenticator": {"app": EVERYTHING, "platform": "SELECT, DELETE"},
}


# What a restored backup has lost, and an older release never had: who may do what beside tables.
_CLOSED = """
    DO $body$
    DECLARE one regprocedure;
    BEGIN
        FOR one IN SELECT oid FROM pg_proc WHERE prosecdef AND proowner = current_user::regrole LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one);
        END LOOP;
        EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC, {roles}', current_database());
    END $body$
"""


def grants_for(model: type[models.Model]) -> dict[str, str]:
    """Return the privileges on a model's table by short role name."""
    grants = {"app": EVERYTHING, "platform": "SELECT"}
    if issubclass(model, StoreOwned):
        grants["segments"] = "SELECT"
    grants |= LIBRARY_GRANTS.get(model._meta.label, {})
    return grants | getattr(model, "db_grants", {})


def statements() -> Iterator[str]:
    """Yield the statements that put every table's privileges right, whatever they were before.

    Nobody but the owner makes temporary tables, or calls what runs with the owner's rights, unless a function is granted by name.
    """
    everyone = ", ".join(role_name(short) for short in GRANTED)
    yield _CLOSED.format(roles=everyone)
    yield f"GRANT USAGE ON SCHEMA public TO {everyone}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {everyone}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {everyone}"
    yield f"GRANT SELECT ON django_migrations TO {role_name('app')}, {role_name('platform')}"
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:
            continue
        for short, privileges in grants_for(model).items():
            if privileges:
                yield f'GRANT {privileges} ON "{model._meta.db_table}" TO {role_name(short)}'
    yield from statistics.statements()
    for config in apps.get_app_configs():
        yield from getattr(config, "db_statements", tuple)()


def apply_grants(connection: BaseDatabaseWrapper) -> int:
    """Put every table's privileges right, as owner, and return how many statements ran.

    Partitions get none: one read by its own name would show every store.
    """
    count = 0
    with connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)
            count += 1
    return count
