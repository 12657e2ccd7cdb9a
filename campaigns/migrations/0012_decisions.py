"""What the gate decided about messages, and why."""

import django.db.models.deletion
import retention.tenancy.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0011_breaker"),
        ("customers", "0021_who_is_known_in_a_place"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("verdict", models.CharField(max_length=8)),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("answers", models.CharField(max_length=24)),
                ("changes", models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list)),
                ("until", models.DateTimeField(null=True)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("times", models.PositiveIntegerField(default=1)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="campaigns.message",
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
                "verbose_name": "decision about a message",
                "verbose_name_plural": "decisions about messages",
                "indexes": [
                    models.Index(fields=["store", "customer"], name="decision_of_customer"),
                    models.Index(fields=["store", "last_at"], name="decision_by_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("store", "message", "verdict", "reason"), name="decision_once"),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["send", "leave", "hold", "suppress", "skip"])), name="decision_verdict_known"
                    ),
                    retention.tenancy.constraints.StoreForeignKey(field="message", name="decision_message_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="customer", name="decision_customer_of_store"),
                    retention.tenancy.constraints.StoreIsolation(name="decision_isolation"),
                ],
            },
        ),
    ]
