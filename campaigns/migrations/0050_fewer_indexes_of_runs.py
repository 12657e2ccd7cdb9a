"""Runs are written anew at every step, all their indexes with them: those that begin with the store find the same rows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0049_waiting_for_a_product")]

    operations = [
        migrations.AlterField(
            "enrollment",
            "journey",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="enrollments",
                to="campaigns.journey",
            ),
        ),
        migrations.AlterField(
            "enrollment",
            "customer",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="enrollments",
                to="customers.customer",
            ),
        ),
        migrations.AlterField(
            "enrollment",
            "cart",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="enrollments",
                to="orders.cart",
            ),
        ),
    ]
