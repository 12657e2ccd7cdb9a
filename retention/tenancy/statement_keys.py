"""A composite foreign key that is checked once for all rows of a statement.

PostgreSQL asks for each row by itself whether its head is there. For tables that get thousands of rows in one statement, most of them with
the same few heads, that costs more than the row and all of its indexes (6 of 12 microseconds; this one 1 to 2).
"""

from typing import Any

from django.db import models
from django.db.migrations.operations.base import Operation

from retention.tenancy.constraints import StoreForeignKey
from retention.tenancy.roles import AS_OWNER

_SEEING = """
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE feature_not_supported USING MESSAGE = 'rows of {table} are written, and go with their {target}, in READ COMMITTED only';
        END IF;
"""
_FUNCTIONS = """
    CREATE OR REPLACE FUNCTION {name}_asks() RETURNS trigger LANGUAGE plpgsql {as_owner} AS $body$
    BEGIN
        {seeing}
        IF EXISTS (
            SELECT FROM (SELECT DISTINCT store_id, {column} AS head_id FROM fresh) AS wanted
            LEFT JOIN LATERAL (
                SELECT true AS there FROM {target} AS head
                WHERE head.store_id = wanted.store_id AND head.id = wanted.head_id FOR KEY SHARE
            ) AS met ON true
            WHERE met.there IS NULL
        ) THEN
            RAISE foreign_key_violation USING
                MESSAGE = 'insert or update on table "{table}" violates foreign key constraint "{name}"',
                CONSTRAINT = '{name}', TABLE = '{table}', SCHEMA = 'public';
        END IF;
        RETURN NULL;
    END $body$;
    CREATE OR REPLACE FUNCTION {name}_asks_again() RETURNS trigger LANGUAGE plpgsql {as_owner} AS $body$
    BEGIN
        {seeing}
        PERFORM FROM {target} AS head WHERE head.store_id = NEW.store_id AND head.id = NEW.{column} FOR KEY SHARE;
        IF NOT FOUND THEN
            RAISE foreign_key_violation USING
                MESSAGE = 'insert or update on table "{table}" violates foreign key constraint "{name}"',
                CONSTRAINT = '{name}', TABLE = '{table}', SCHEMA = 'public';
        END IF;
        RETURN NULL;
    END $body$;
    CREATE OR REPLACE FUNCTION {name}_follows() RETURNS trigger LANGUAGE plpgsql {as_owner} AS $body$
    BEGIN
        {seeing}
        {when_gone}
        RETURN NULL;
    END $body$;
    CREATE OR REPLACE FUNCTION {name}_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
    BEGIN
        RAISE foreign_key_violation USING
            MESSAGE = 'rows of "{table}" may point at this row of "{target}", so its key stays', CONSTRAINT = '{name}', TABLE = '{target}';
    END $body$;
    REVOKE ALL ON FUNCTION {name}_asks(), {name}_asks_again(), {name}_follows(), {name}_stays() FROM PUBLIC;
"""
_TRIGGERS = """
    CREATE TRIGGER {name}_made AFTER INSERT ON {table}
        REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION {name}_asks();
    CREATE TRIGGER {name}_moved AFTER UPDATE ON {table}
        FOR EACH ROW WHEN (OLD.store_id IS DISTINCT FROM NEW.store_id OR OLD.{column} IS DISTINCT FROM NEW.{column})
        EXECUTE FUNCTION {name}_asks_again();
    CREATE TRIGGER {name}_gone AFTER DELETE ON {target}
        REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION {name}_follows();
    CREATE TRIGGER {name}_kept AFTER UPDATE ON {target}
        FOR EACH ROW WHEN (OLD.store_id IS DISTINCT FROM NEW.store_id OR OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION {name}_stays()
"""
_GO = "DELETE FROM {table} AS line USING gone WHERE line.store_id = gone.store_id AND line.{column} = gone.id;"
_REFUSE = """
        IF EXISTS (SELECT FROM {table} AS line JOIN gone ON line.store_id = gone.store_id AND line.{column} = gone.id) THEN
            RAISE foreign_key_violation USING
                MESSAGE = 'update or delete on table "{target}" violates foreign key constraint "{name}" on table "{table}"',
                CONSTRAINT = '{name}', TABLE = '{table}', SCHEMA = 'public';
        END IF;
"""
_WHEN_GONE = {models.CASCADE: _GO, models.PROTECT: _REFUSE}
_UNDO = """
    DROP TRIGGER {name}_made ON {table}; DROP TRIGGER {name}_moved ON {table}; DROP TRIGGER {name}_gone ON {target};
    DROP TRIGGER {name}_kept ON {target}; DROP FUNCTION {name}_asks(); DROP FUNCTION IF EXISTS {name}_asks_again();
    DROP FUNCTION {name}_follows(); DROP FUNCTION {name}_stays()
"""


class StatementForeignKey(StoreForeignKey):
    """A link that is never empty, whose rows go with their head or keep it: what StoreForeignKey says of it, asked by statement.

    Whoever writes a row holds its head until the end, as with any foreign key, so a head that is deleted at the same moment takes the row
    with it, or stays for it, or is not there any more. A changed row that points where it did is not asked. What a statement sees must be
    what is committed, hence READ COMMITTED only.
    """

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statements that make the functions and the triggers."""
        return "" if model is None or schema_editor is None else self.functions_sql(model) + _TRIGGERS.format(**self._names(model))

    def functions_sql(self, model: Any) -> str:
        """Return the statements that make the functions, or make them anew where triggers call them already."""
        names = self._names(model)
        return _FUNCTIONS.format(**names, as_owner=AS_OWNER, seeing=_SEEING.format(**names))

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statements that drop them."""
        return _UNDO.format(**self._names(model))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StatementForeignKey) and super().__eq__(other)

    def __hash__(self) -> int:
        return super().__hash__()

    def _names(self, model: Any) -> dict[str, str]:
        link = model._meta.get_field(self.field)
        when_gone = _WHEN_GONE.get(link.remote_field.on_delete)
        if link.null or when_gone is None:
            raise ValueError(f"{self.name}: only for a link that is never empty, and goes with its head or keeps it")
        target = link.remote_field.model._meta.db_table
        names = {"name": self.name, "table": model._meta.db_table, "column": link.column, "target": target}
        return names | {"when_gone": when_gone.format(**names)}


class RemakeFunctions(Operation):
    """Make the functions of a model's statement keys anew, as they are made today: for a database that has them from an earlier release."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: the keys are the same."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Put the functions in the place of those that are there; the triggers call them from then on."""
        model = to_state.apps.get_model(app_label, self.model_name)
        for key in model._meta.constraints:
            if isinstance(key, StatementForeignKey):
                schema_editor.execute(key.functions_sql(model), params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Leave them: the earlier release works with them too."""

    def describe(self) -> str:
        """Say what `migrate` prints."""
        return f"Make the functions of the statement keys of {self.model_name} anew"
