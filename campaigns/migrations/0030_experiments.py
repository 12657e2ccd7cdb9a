"""Questions asked by lot, and who drew which arm."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import retention.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0029_sums_of_messages"),
        ("customers", "0022_newest_buyers"),
        ("stores", "0004_writers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Experiment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("key", models.CharField(max_length=80)),
                ("plans", models.JSONField(default=list)),
                ("window_days", models.PositiveSmallIntegerField(default=14)),
                ("planned_days", models.PositiveSmallIntegerField(default=42)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "experiment",
                "verbose_name_plural": "experiments",
                "indexes": [models.Index(fields=["store", "key", "-started_at"], name="experiment_newest_of_key")],
                "constraints": [
                    models.UniqueConstraint(fields=("store", "id"), name="experiment_of_store"),
                    models.UniqueConstraint(fields=("store", "public_id"), name="experiment_public_id_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("store", "key"), name="experiment_running_once"
                    ),
                    models.CheckConstraint(condition=models.Q(("key", ""), _negated=True), name="experiment_is_about_something"),
                    models.CheckConstraint(condition=models.Q(("window_days__range", (1, 120))), name="experiment_window_possible"),
                    models.CheckConstraint(
                        condition=models.Q(("planned_days__gte", 1), ("planned_days__gte", models.F("window_days"))),
                        name="experiment_look_after_a_window",
                    ),
                    retention.tenancy.constraints.StoreIsolation(name="experiment_isolation"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("arm", models.CharField(max_length=20)),
                ("plan", models.PositiveSmallIntegerField(default=0)),
                ("assigned_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "experiment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="campaigns.experiment",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="stores.store",
                    ),
                ),
            ],
            options={
                "verbose_name": "arm of a person",
                "verbose_name_plural": "arms of persons",
                "indexes": [models.Index(fields=["store", "experiment", "assigned_at"], name="assignment_by_moment")],
                "constraints": [
                    models.UniqueConstraint(fields=("store", "customer", "experiment"), name="assignment_once"),
                    models.CheckConstraint(condition=models.Q(("arm", ""), _negated=True), name="assignment_has_an_arm"),
                    retention.tenancy.constraints.StoreForeignKey(field="experiment", name="assignment_experiment_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="customer", name="assignment_customer_of_store"),
                    retention.tenancy.constraints.StoreIsolation(name="assignment_isolation"),
                ],
            },
        ),
    ]
