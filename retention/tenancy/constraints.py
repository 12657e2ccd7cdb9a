"""Database objects that guard the store boundary and live in the migration state as constraints.

`StoreForeignKey` is a composite foreign key (store_id, x_id); `StoreIsolation` is a table's row-level security policy.
Source: reliability guide 3.1; foreign key checks ignore row-level security, so single-column keys could cross stores.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.utils.translation import gettext_lazy as _

POLICY = "store_isolation"
READERS = "boomerang_app, boomerang_readonly"


class StoreForeignKey(models.BaseConstraint):
    """A composite foreign key: the row pointed at must belong to the same store.

    field: name of the model's ForeignKey, declared with db_constraint=False. The target needs a unique (store, id).
    Its on_delete decides the action: SET_NULL empties only the column, CASCADE removes the row, others refuse.
    """

    def __init__(self, *, field: str, name: str, violation_error_message: Any = None) -> None:
        self.field = field
        super().__init__(name=name, violation_error_message=violation_error_message or _("Choose one that belongs to this store."))

    def create_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        """Return the ALTER TABLE that adds the key, checked at once (INITIALLY IMMEDIATE)."""
        if model is None or schema_editor is None:
            return ""
        link = model._meta.get_field(self.field)
        quote = schema_editor.quote_name
        target = link.remote_field.model._meta.db_table  # type: ignore[union-attr]
        return Statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s FOREIGN KEY (%(store)s, %(column)s) "
            "REFERENCES %(target)s (%(store)s, %(id)s) %(action)s DEFERRABLE INITIALLY IMMEDIATE",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            store=quote("store_id"),
            column=quote(link.column),  # type: ignore[union-attr, arg-type]
            target=quote(target),
            id=quote("id"),
            action=self._action(link, quote),
        )

    def _action(self, link: Any, quote: Any) -> str:
        on_delete = link.remote_field.on_delete
        if on_delete is models.CASCADE:
            return "ON DELETE CASCADE"
        if on_delete is models.SET_NULL:
            return f"ON DELETE SET NULL ({quote(link.column)})"
        return "ON DELETE NO ACTION"

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return nothing for CREATE TABLE: the key is added by its own statement once the table is there."""
        if schema_editor is not None and model is not None:
            schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the ALTER TABLE that drops the key."""
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = "default") -> None:
        """Refuse another store's row in a form, where the database would answer with an error page."""
        if exclude and self.field in exclude:
            return
        link = model._meta.get_field(self.field)
        value = getattr(instance, link.attname)
        store_id = getattr(instance, "store_id", None)
        if value is None or store_id is None:
            return
        target = link.remote_field.model
        if not target._base_manager.using(using).filter(pk=value, store_id=store_id).exists():
            raise ValidationError({self.field: self.get_violation_error_message()})

    def deconstruct(self) -> Any:
        """Return what a migration needs to write this key down."""
        path, args, kwargs = super().deconstruct()
        kwargs.pop("violation_error_message", None)
        kwargs["field"] = self.field
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        if isinstance(other, StoreForeignKey):
            return (self.name, self.field) == (other.name, other.field)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.field))


class StoreIsolation(models.BaseConstraint):
    """Row-level security, enabled and forced: only the active store's rows exist for a statement.

    column: the store's column. The strict form raises when no store is set; a lenient one would return nothing and
    hide a wiring fault. own_rows_of: a user column whose rows that person sees in any store (memberships only).
    """

    def __init__(self, *, name: str, column: str = "store_id", own_rows_of: str = "", violation_error_message: Any = None) -> None:
        self.column = column
        self.own_rows_of = own_rows_of
        super().__init__(name=name, violation_error_message=violation_error_message)

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statements that switch isolation on for the model's table."""
        if model is None or schema_editor is None:
            return ""
        quote = schema_editor.quote_name
        table = quote(model._meta.db_table)
        of_store = f"{quote(self.column)} = (SELECT current_setting('app.store_id')::bigint)"
        return (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY; "
            f"CREATE POLICY {quote(POLICY)} ON {table} TO {READERS} USING ({self._seen(of_store, quote)}) WITH CHECK ({of_store})"
        )

    def _seen(self, of_store: str, quote: Any) -> str:
        """Return which rows exist for a statement; writing always needs the store."""
        if not self.own_rows_of:
            return of_store
        lenient = "nullif(current_setting('app.{}', true), '')::bigint"
        return (
            f"{quote(self.column)} = (SELECT {lenient.format('store_id')}) "
            f"OR {quote(self.own_rows_of)} = (SELECT {lenient.format('user_id')})"
        )

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return nothing for CREATE TABLE: the policy follows in its own statement."""
        if schema_editor is not None and model is not None:
            schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statements that switch isolation off."""
        quote = schema_editor.quote_name
        table = quote(model._meta.db_table)
        return f"DROP POLICY {quote(POLICY)} ON {table}; ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY"

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = "default") -> None:
        """Check nothing: the policy speaks at write time."""

    def deconstruct(self) -> Any:
        """Return what a migration needs to write this policy down."""
        path, args, kwargs = super().deconstruct()
        kwargs.pop("violation_error_message", None)
        if self.column != "store_id":
            kwargs["column"] = self.column
        if self.own_rows_of:
            kwargs["own_rows_of"] = self.own_rows_of
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        if isinstance(other, StoreIsolation):
            return self._key() == other._key()
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[str, str, str]:
        return self.name, self.column, self.own_rows_of


class RolePolicy(models.BaseConstraint):
    """A further policy for one database role, for example `ingest`, whose one commit may hold many stores' rows.

    command: SELECT, INSERT, UPDATE, DELETE or ALL. The role sees every store's rows for that command, no more.
    """

    def __init__(self, *, name: str, role: str, command: str, violation_error_message: Any = None) -> None:
        self.role = role
        self.command = command
        super().__init__(name=name, violation_error_message=violation_error_message)

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that adds the policy."""
        if model is None or schema_editor is None:
            return ""
        quote = schema_editor.quote_name
        tests = {"INSERT": "WITH CHECK (true)", "SELECT": "USING (true)", "DELETE": "USING (true)"}
        test = tests.get(self.command, "USING (true) WITH CHECK (true)")
        return f"CREATE POLICY {quote(self.name)} ON {quote(model._meta.db_table)} FOR {self.command} TO {quote(self.role)} {test}"

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return nothing for CREATE TABLE: the policy follows in its own statement."""
        if schema_editor is not None and model is not None:
            schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that drops the policy."""
        quote = schema_editor.quote_name
        return f"DROP POLICY {quote(self.name)} ON {quote(model._meta.db_table)}"

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = "default") -> None:
        """Check nothing: the policy speaks at write time."""

    def deconstruct(self) -> Any:
        """Return what a migration needs to write this policy down."""
        path, args, kwargs = super().deconstruct()
        kwargs.pop("violation_error_message", None)
        return path, args, kwargs | {"role": self.role, "command": self.command}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RolePolicy):
            return (self.name, self.role, self.command) == (other.name, other.role, other.command)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.role, self.command))
