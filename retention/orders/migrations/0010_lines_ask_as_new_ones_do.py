"""Lines made before their key was asked by row where a line is moved ask as those of a new database do."""

from django.db import migrations

from retention.tenancy.statement_keys import StatementForeignKey


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_line_keys_close_their_functions")]

    operations = [
        migrations.RemoveConstraint(model_name="orderline", name="order_line_order_of_store"),
        migrations.AddConstraint(model_name="orderline", constraint=StatementForeignKey(field="order", name="order_line_order_of_store")),
    ]
