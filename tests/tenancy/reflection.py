"""The checks of the store boundary. Each returns what is wrong as lines, so that it can be shown on a broken sample too.

Catalogue checks take a cursor of any role; the catalogue is readable by all.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import models

from retention.tenancy.constraints import POLICY, StoreForeignKey, StoreIsolation
from retention.tenancy.context import NoStore, store_context
from retention.tenancy.grants import GRANTED, grants_for
from retention.tenancy.models import StoreOwned
from retention.tenancy.roles import role_name
from tests.tenancy.lists import ACROSS_STORES, GLOBAL_MODELS, UNIQUE_WITHOUT_STORE, WITHOUT_POLICY

STRICT = "(store_id = ( SELECT (current_setting('app.store_id'::text))::bigint AS current_setting))"
_TABLES = """
    SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relispartition
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'store_id' AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname
"""
_POLICIES = "SELECT policyname, roles::text[], cmd, qual, with_check FROM pg_policies WHERE schemaname = 'public' AND tablename = %s"
_UNIQUE = """
    SELECT i.indexrelid::regclass::text, array(
        SELECT a.attname::text FROM unnest(i.indkey::int[]) WITH ORDINALITY k(number, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.place)
    FROM pg_index i WHERE i.indrelid = %s AND i.indisunique AND NOT i.indisprimary
"""
_KEYS = """
    SELECT con.conname, con.confrelid::regclass::text,
        array(SELECT attname::text FROM unnest(con.conkey) n JOIN pg_attribute ON attrelid = con.conrelid AND attnum = n),
        EXISTS (SELECT FROM pg_attribute WHERE attrelid = con.confrelid AND attname = 'store_id')
    FROM pg_constraint con WHERE con.conrelid = %s AND con.contype = 'f'
"""

_RUN_AS_OWNER = """
    SELECT p.proname, p.oid::regprocedure::text, has_function_privilege('public', p.oid, 'EXECUTE'),
        coalesce((SELECT split_part(one, '=', 2) FROM unnest(p.proconfig) AS one WHERE starts_with(one, 'search_path=')), '')
    FROM pg_proc p WHERE p.prosecdef ORDER BY 2
"""


def _rows(cursor: Any, question: str, values: Iterable[Any] = ()) -> list[Any]:
    cursor.execute(question, list(values))
    return list(cursor.fetchall())


def store_tables(cursor: Any) -> list[Any]:
    """Return every table that carries a store: (oid, name, enabled, forced, is a partition)."""
    return _rows(cursor, _TABLES)


def policy_faults(cursor: Any) -> list[str]:
    """Say which tables with a store lack row-level security, its force, or the strict policy."""
    found = []
    for _oid, table, enabled, forced, _partition in store_tables(cursor):
        if table in WITHOUT_POLICY:
            continue
        if not (enabled and forced):
            found.append(f"{table}: row-level security is {'not forced' if enabled else 'off'}")
        policies = {row[0]: row[1:] for row in _rows(cursor, _POLICIES, [table])}
        found += _own_policy_faults(table, policies.pop(POLICY, None))
        for name, (roles, command, *_tests) in policies.items():
            if len(roles) != 1 or (roles[0], command) not in ACROSS_STORES:
                found.append(f"{table}: policy {name} lets {roles} {command} across stores")
    return found


def _own_policy_faults(table: str, policy: Any) -> list[str]:
    if policy is None:
        return [f"{table}: no policy {POLICY}"]
    roles, command, using, check = policy
    seen = STRICT if table != "stores_membership" else using  # one's own memberships are seen everywhere, written in their store only
    wrong = set(roles) != {"boomerang_app", "boomerang_readonly"} or command != "ALL" or using != seen or check != STRICT
    return [f"{table}: policy {POLICY} is {roles} {command} {using} / {check}"] if wrong else []


def unique_faults(cursor: Any) -> list[str]:
    """Say which unique keys leave the store out: "already exists" would tell of another store's row."""
    found = []
    for oid, table, *_rest in store_tables(cursor):
        for name, columns in _rows(cursor, _UNIQUE, [oid]):
            if "store_id" not in columns and name not in UNIQUE_WITHOUT_STORE:
                found.append(f"{table}: {name} ({', '.join(columns)}) is unique across stores")
    return found


def key_faults(cursor: Any) -> list[str]:
    """Say which foreign keys between store-owned tables are not composite: their check ignores row-level security."""
    found = []
    for oid, table, *_rest in store_tables(cursor):
        for name, target, columns, target_has_store in _rows(cursor, _KEYS, [oid]):
            if target_has_store and "store_id" not in columns:
                found.append(f"{table}: {name} to {target} does not carry the store")
    return found


def definer_names(cursor: Any) -> set[str]:
    """Return the names of all functions that run with their owner's rights, in any schema."""
    return {name for name, *_rest in _rows(cursor, _RUN_AS_OWNER)}


def definer_faults(cursor: Any) -> list[str]:
    """Say which functions that run with their owner's rights anybody may call, or a caller's temporary tables may mislead."""
    found = []
    for _name, function, is_open, path in _rows(cursor, _RUN_AS_OWNER):
        if is_open:
            found.append(f"{function}: PUBLIC may execute it")
        if path.rpartition(",")[2].strip() != "pg_temp":
            found.append(f"{function}: its path is {path or 'the caller’s'}, without pg_temp at the end")
    return found


def managed_models() -> list[type[models.Model]]:
    """Return every model with a table of its own."""
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy]


def listing_faults(found: Iterable[type[models.Model]]) -> list[str]:
    """Say which models are neither store-owned nor on the list of global tables."""
    labels = [(model, model._meta.label) for model in found]
    return [label for model, label in labels if not issubclass(model, StoreOwned) and label not in GLOBAL_MODELS]


def model_faults(model: type[models.Model]) -> list[str]:
    """Say what a store-owned model lacks: the policy, the composite key of a link, the target's unique (store, id)."""
    label, constraints = model._meta.label, model._meta.constraints
    found = [] if any(isinstance(rule, StoreIsolation) for rule in constraints) else [f"{label}: no StoreIsolation"]
    guarded = {rule.field for rule in constraints if isinstance(rule, StoreForeignKey)}
    for field in model._meta.concrete_fields:
        if not isinstance(field, models.ForeignKey):
            continue
        target = field.related_model
        if not isinstance(target, type) or not issubclass(target, StoreOwned):
            continue
        if field.name not in guarded:
            found.append(f"{label}.{field.name}: no StoreForeignKey")
        if field.db_constraint:
            found.append(f"{label}.{field.name}: a single-column key beside the composite one (db_constraint=False is missing)")
    return found


def manager_faults(model: type[models.Model]) -> list[str]:
    """Say which managers of a model answer without a store, or ask without naming it."""
    found = []
    for manager in model._meta.managers:
        name = f"{model._meta.label}.{manager.name}"
        try:
            str(manager.all().query)
        except NoStore:
            pass
        else:
            found.append(f"{name}: makes a query without a store")
        with store_context(4711):
            if "4711" not in str(manager.all().query):
                found.append(f"{name}: does not filter by the store")
    return found


def grant_faults(cursor: Any, model: type[models.Model]) -> list[str]:
    """Say where a table's privileges, or those on single columns, differ from what its model declares. TRUNCATE is the test run's own."""
    question = """SELECT privilege_type FROM information_schema.role_table_grants WHERE table_name = %s AND grantee = %s
        UNION ALL SELECT privilege_type || ' (' || string_agg(column_name, ', ' ORDER BY column_name) || ')'
        FROM information_schema.role_column_grants AS single WHERE table_name = %s AND grantee = %s AND NOT EXISTS (
            SELECT FROM information_schema.role_table_grants AS whole WHERE whole.table_name = single.table_name
            AND whole.grantee = single.grantee AND whole.privilege_type = single.privilege_type) GROUP BY privilege_type"""
    declared = grants_for(model)
    found = []
    for short in GRANTED:
        real = {row[0] for row in _rows(cursor, question, [model._meta.db_table, role_name(short)] * 2)} - {"TRUNCATE"}
        wanted = {word.strip() for word in declared.get(short, "").split(",") if word.strip()}
        if real != wanted:
            found.append(f"{model._meta.label}: {short} has {sorted(real)}, declared {sorted(wanted)}")
    return found
