"""A basket is written anew at each step of its shopper, with all of its indexes: two that others stand for too, and one of its lines, go.

Whose a basket is and what is in it is asked by the store as well, and what is open is found in the index by state. Lines change what no
index names: with room on their pages they write none at all.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # pages and projection read and write baskets meanwhile
    dependencies = [("customers", "0030_room_to_be_seen_again"), ("orders", "0013_marked_lines_of_imports")]

    operations = [
        RemoveIndexConcurrently(model_name="cart", name="cart_open"),
        migrations.AlterField(
            model_name="cart",
            name="customer",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="carts",
                to="customers.customer",
            ),
        ),
        migrations.AlterField(
            model_name="cartline",
            name="cart",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="orders.cart",
            ),
        ),
        migrations.RunSQL("ALTER TABLE orders_cartline SET (fillfactor = 60)", "ALTER TABLE orders_cartline RESET (fillfactor)"),
    ]
