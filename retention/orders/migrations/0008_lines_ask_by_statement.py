"""Lines of orders ask once in a statement whether their orders are there: a file brings tens of thousands at once."""

from django.db import migrations


from retention.tenancy.statement_keys import StatementForeignKey


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_vendors_of_lines")]

    operations = [
        migrations.RemoveConstraint(model_name="orderline", name="order_line_order_of_store"),
        migrations.AddConstraint(model_name="orderline", constraint=StatementForeignKey(field="order", name="order_line_order_of_store")),
    ]
