"""What a sender has under way is one row for hundreds of messages, where an index of messages had to be written twice for each."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import retention.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0044_contact_counts"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="Flight",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("holder", models.UUIDField(default=uuid.uuid4)),
                ("message_ids", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("begun_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "slice under way",
                "verbose_name_plural": "slices under way",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "holder"), name="flight_once"),
                    retention.tenancy.constraints.StoreIsolation(name="flight_isolation"),
                ],
            },
        ),
    ]
