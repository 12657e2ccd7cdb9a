"""Hosts of a merchant's own that links lead through."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import retention.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0023_due_by_channel"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="LinkHost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("host", models.CharField(max_length=253)),
                ("findings", models.JSONField(blank=True, default=list)),
                ("is_good", models.BooleanField(db_default=False, default=False)),
                ("checked_at", models.DateTimeField(null=True)),
                ("proven_at", models.DateTimeField(null=True)),
                ("broken_at", models.DateTimeField(null=True)),
                ("retired_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "host for links",
                "verbose_name_plural": "hosts for links",
                "indexes": [models.Index(fields=["host"], name="link_host_of_request")],
                "constraints": [
                    models.UniqueConstraint(fields=("store", "host"), name="link_host_once"),
                    models.UniqueConstraint(fields=("store", "public_id"), name="link_host_public_id_once"),
                    models.CheckConstraint(condition=models.Q(("host", ""), _negated=True), name="link_host_named"),
                    models.CheckConstraint(
                        condition=models.Q(("is_good", False), ("proven_at__isnull", False), _connector="OR"),
                        name="link_host_good_is_proven",
                    ),
                    retention.tenancy.constraints.StoreIsolation(name="link_host_isolation"),
                ],
            },
        ),
    ]
