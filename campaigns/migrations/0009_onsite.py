"""Messages that wait for a visit to the shop."""

import django.db.models.deletion
import retention.tenancy.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0008_opens"),
        ("customers", "0021_who_is_known_in_a_place"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="OnsiteMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", models.JSONField()),
                ("every_days", models.PositiveSmallIntegerField()),
                ("kept_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("shown_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="onsite", to="campaigns.message"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "on-site message",
                "verbose_name_plural": "on-site messages",
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True)), fields=["store", "customer", "kept_at"], name="onsite_waiting"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("store", "message"), name="onsite_message_once"),
                    retention.tenancy.constraints.StoreForeignKey(field="customer", name="onsite_customer_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="message", name="onsite_message_of_store"),
                    retention.tenancy.constraints.StoreIsolation(name="onsite_isolation"),
                ],
            },
        ),
    ]
