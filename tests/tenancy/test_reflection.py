"""Every table, model, key and grant there is stands inside the boundary, and each check is shown to fail on a broken sample."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections, models
from django.test.utils import isolate_apps

from retention.customers.models import Customer
from retention.stores.models import AuditEntry
from retention.tenancy.grants import GRANTED, apply_grants
from retention.tenancy.models import StoreOwned
from retention.tenancy.roles import role_name
from tests.tenancy import reflection
from tests.tenancy.lists import GLOBAL_MODELS, RUN_AS_OWNER, WITHOUT_POLICY

STORE_OWNED = [model for model in apps.get_models() if issubclass(model, StoreOwned)]

ROLES = [role_name(short) for short in ("owner", *GRANTED)]


def _label(model: type[models.Model]) -> str:
    return model._meta.label


@pytest.fixture
def owner(db: None) -> Any:
    with connections["owner"].cursor() as cursor:
        yield cursor


pytestmark = pytest.mark.django_db(databases=["default", "owner"])


def test_every_table_with_a_store_enforces_it(owner: Any) -> None:
    assert reflection.policy_faults(owner) == []


def test_every_unique_key_carries_the_store(owner: Any) -> None:
    assert reflection.unique_faults(owner) == []


def test_every_foreign_key_between_stores_rows_is_composite(owner: Any) -> None:
    assert reflection.key_faults(owner) == []


def test_every_model_is_store_owned_or_listed_with_a_reason() -> None:
    assert reflection.listing_faults(reflection.managed_models()) == []


def test_the_list_of_global_models_names_only_models_there_are() -> None:
    assert set(GLOBAL_MODELS) - {model._meta.label for model in reflection.managed_models()} == set()


def test_every_store_owned_model_has_its_table_in_the_catalogue(owner: Any) -> None:
    tables = {row[1] for row in reflection.store_tables(owner)}
    assert {model._meta.db_table for model in STORE_OWNED} <= tables
    assert tables >= WITHOUT_POLICY


@pytest.mark.parametrize("model", STORE_OWNED, ids=_label)
def test_a_store_owned_model_declares_its_guards(model: type[models.Model]) -> None:
    assert reflection.model_faults(model) == []


@pytest.mark.parametrize("model", STORE_OWNED, ids=_label)
def test_no_manager_answers_without_a_store(model: type[models.Model]) -> None:
    assert reflection.manager_faults(model) == []


@pytest.mark.parametrize("model", reflection.managed_models(), ids=_label)
def test_privileges_are_the_declared_ones(model: type[models.Model], owner: Any) -> None:
    assert reflection.grant_faults(owner, model) == []


def test_the_app_owns_nothing_and_no_login_bypasses_but_the_owner(owner: Any) -> None:
    owner.execute("SELECT count(*) FROM pg_class WHERE relowner = 'boomerang_app'::regrole")
    assert owner.fetchone() == (0,)
    question = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND {} ORDER BY 1"
    owner.execute(question.format("rolcanlogin AND (rolbypassrls OR rolsuper)"), [ROLES])
    assert [row[0] for row in owner.fetchall()] == ["boomerang_owner"]
    owner.execute(question.format("NOT rolcanlogin"), [ROLES])
    assert [row[0] for row in owner.fetchall()] == ["boomerang_platform", "boomerang_segments"]


def test_the_app_inherits_nothing_from_the_roles_it_may_enter(owner: Any) -> None:
    owner.execute("SELECT inherit_option, set_option FROM pg_auth_members WHERE member = 'boomerang_app'::regrole")
    assert set(owner.fetchall()) == {(False, True)}


def test_nobody_can_change_the_audit_log(owner: Any) -> None:
    table = AuditEntry._meta.db_table
    for role in ("app", "ingest", "platform", "segments", "readonly"):
        for privilege in ("UPDATE", "DELETE"):
            owner.execute("SELECT has_table_privilege(%s, %s, %s)", [f"boomerang_{role}", table, privilege])
            assert owner.fetchone() == (False,), f"{role} may {privilege}"


def test_partitions_grant_nothing(owner: Any) -> None:
    for _oid, table, *_flags, partition in reflection.store_tables(owner):
        if partition:
            owner.execute("SELECT has_table_privilege('boomerang_app', %s, 'SELECT')", [table])
            assert owner.fetchone() == (False,), table


def test_no_function_runs_as_its_owner_but_those_with_a_reason(owner: Any) -> None:
    assert reflection.definer_names(owner) == set(RUN_AS_OWNER)


def test_what_runs_as_its_owner_is_called_by_nobody_unnamed_and_looks_last_into_temporary_tables(owner: Any) -> None:
    assert reflection.definer_faults(owner) == []


def test_nobody_but_the_owner_makes_temporary_tables(owner: Any) -> None:
    """The first is the database `make_roles` made; of a test's own, which is a copy, only its statements can be seen."""
    question = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND has_database_privilege(oid, %s, 'TEMPORARY')"
    owner.execute(question, [ROLES, "boomerang"])
    assert owner.fetchall() == [("boomerang_owner",)]
    own = owner.connection.info.dbname
    owner.execute(question, [ROLES, own])
    assert len(owner.fetchall()) == len(ROLES), "what PUBLIC may with every new database"
    apply_grants(connections["owner"])
    owner.execute(question, [ROLES, own])
    assert owner.fetchall() == [("boomerang_owner",)]


def test_a_restored_function_that_runs_as_owner_is_closed_with_the_grants(owner: Any) -> None:
    owner.execute("GRANT EXECUTE ON FUNCTION order_line_order_of_store_follows() TO PUBLIC")
    assert reflection.definer_faults(owner) == ["order_line_order_of_store_follows(): PUBLIC may execute it"]
    apply_grants(connections["owner"])
    assert reflection.definer_faults(owner) == []


# Broken samples: each check sees the fault it is there for. The owner's transaction is rolled back. --------------------------

TABLE = Customer._meta.db_table
DEFINER = "CREATE FUNCTION loose() RETURNS int LANGUAGE sql SECURITY DEFINER {path} AS 'SELECT 1'"
CLOSED = "; REVOKE ALL ON FUNCTION loose() FROM PUBLIC"
BREAKS = [
    (reflection.policy_faults, f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY", "row-level security is off"),
    (reflection.policy_faults, f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY", "not forced"),
    (reflection.policy_faults, f"DROP POLICY store_isolation ON {TABLE}", "no policy"),
    (reflection.policy_faults, f"ALTER POLICY store_isolation ON {TABLE} USING (true)", "policy store_isolation is"),
    (reflection.policy_faults, f"CREATE POLICY extra ON {TABLE} FOR SELECT TO boomerang_app USING (true)", "across stores"),
    (reflection.policy_faults, "CREATE TABLE newcomer (id bigint, store_id bigint)", "newcomer: row-level security is off"),
    (reflection.unique_faults, f"CREATE UNIQUE INDEX loose ON {TABLE} (public_id)", "unique across stores"),
    (
        reflection.key_faults,
        f"ALTER TABLE orders_cart ADD CONSTRAINT loose FOREIGN KEY (customer_id) REFERENCES {TABLE} (id)",
        "does not carry the store",
    ),
    (reflection.definer_faults, DEFINER.format(path="SET search_path = pg_catalog, public, pg_temp"), "loose(): PUBLIC may execute it"),
    (reflection.definer_faults, DEFINER.format(path="SET search_path = pg_catalog") + CLOSED, "loose(): its path is pg_catalog, without"),
    (reflection.definer_faults, DEFINER.format(path="") + CLOSED, "loose(): its path is the caller’s, without"),
]


@pytest.mark.parametrize(("check", "damage", "said"), BREAKS, ids=[entry[1][:60] for entry in BREAKS])
def test_a_broken_table_is_found(check: Any, damage: str, said: str, owner: Any) -> None:
    owner.execute(damage)
    assert check(owner)
    assert all(said in line or "newcomer" in line for line in check(owner))


def test_a_privilege_nobody_declared_is_found(owner: Any) -> None:
    owner.execute(f"GRANT UPDATE ON {AuditEntry._meta.db_table} TO boomerang_app")
    assert reflection.grant_faults(owner, AuditEntry) == [
        "stores.AuditEntry: app has ['INSERT', 'SELECT', 'UPDATE'], declared ['INSERT', 'SELECT']"
    ]


@isolate_apps()
def test_a_manager_without_scoping_is_found() -> None:
    class Loose(Customer):
        objects = models.Manager()  # type: ignore[assignment]

        class Meta:
            proxy = True
            app_label = "customers"

    assert reflection.manager_faults(Loose) == [
        "customers.Loose.objects: makes a query without a store",
        "customers.Loose.objects: does not filter by the store",
    ]


@isolate_apps()
def test_a_model_without_guards_is_found() -> None:
    class Newcomer(StoreOwned):
        customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "customers"

    class Outsider(models.Model):
        class Meta:
            app_label = "customers"

    assert reflection.model_faults(Newcomer) == [
        "customers.Newcomer: no StoreIsolation",
        "customers.Newcomer.customer: no StoreForeignKey",
        "customers.Newcomer.customer: a single-column key beside the composite one (db_constraint=False is missing)",
    ]
    assert reflection.listing_faults([Newcomer, Outsider]) == ["customers.Outsider"]


def test_the_default_connection_is_the_app_s() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("boomerang_app",)
