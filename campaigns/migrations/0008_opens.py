"""Loads of the picture in mails, and when a mail was first loaded and first opened."""

import django.db.models.deletion
import retention.tenancy.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0007_push"),
        ("customers", "0021_who_is_known_in_a_place"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="loaded_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="opened_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="Opening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("agent", models.CharField(blank=True, max_length=300)),
                ("suspected", models.CharField(blank=True, max_length=40)),
                ("noted_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="openings", to="campaigns.message"
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
                "verbose_name": "opening",
                "verbose_name_plural": "openings",
                "indexes": [
                    models.Index(fields=["store", "customer"], name="opening_of_customer"),
                    models.Index(fields=["store", "message", "at"], name="opening_of_message"),
                    models.Index(condition=models.Q(("noted_at", None)), fields=["store", "id"], name="opening_to_note"),
                ],
                "constraints": [
                    retention.tenancy.constraints.StoreForeignKey(field="message", name="opening_message_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="customer", name="opening_customer_of_store"),
                    retention.tenancy.constraints.StoreIsolation(name="opening_isolation"),
                ],
            },
        ),
    ]
