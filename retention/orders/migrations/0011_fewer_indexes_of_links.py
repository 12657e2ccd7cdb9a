"""Orders and refunds of a customer are found by the store and the customer; an index by the customer alone only cost."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def _link(to: str, *, named: str, on_delete: object) -> models.ForeignKey:
    return models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=on_delete, related_name=named, to=to)


class Migration(migrations.Migration):
    atomic = False  # pages and projection read and write orders meanwhile
    dependencies = [("customers", "0025_lighter_rows_of_imports"), ("orders", "0010_lines_ask_as_new_ones_do")]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(condition=models.Q(("cart__isnull", False)), fields=["store", "cart"], name="order_of_cart"),
        ),
        migrations.AlterField(
            model_name="order",
            name="cart",
            field=_link("orders.cart", named="orders", on_delete=django.db.models.deletion.SET_NULL),
        ),
        migrations.AlterField(
            model_name="order",
            name="customer",
            field=_link("customers.customer", named="orders", on_delete=django.db.models.deletion.CASCADE),
        ),
        migrations.AlterField(
            model_name="refund",
            name="customer",
            field=_link("customers.customer", named="refunds", on_delete=django.db.models.deletion.CASCADE),
        ),
    ]
