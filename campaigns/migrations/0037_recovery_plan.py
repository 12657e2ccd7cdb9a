"""The recovery plan: stages, cells with their versions, departures, and journeys that wait until people are quiet."""

import django.db.models.deletion
import django.utils.timezone
import retention.tenancy.constraints
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0036_runs_are_written_often"),
        ("customers", "0022_newest_buyers"),
        ("orders", "0007_vendors_of_lines"),
        ("segments", "0003_postcodes"),
        ("stores", "0004_writers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="journey",
            name="for_quiet",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.CreateModel(
            name="RecoveryStage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("ready", models.CharField(blank=True, editable=False, max_length=20)),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("rule", models.JSONField(default=dict)),
                ("position", models.PositiveSmallIntegerField()),
                ("depth", models.PositiveSmallIntegerField()),
                ("archived_at", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "stage of the recovery plan",
                "verbose_name_plural": "stages of the recovery plan",
            },
        ),
        migrations.CreateModel(
            name="RecoveryCell",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("group", models.CharField(max_length=12)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("empty", "Empty on purpose"),
                            ("draft", "Draft"),
                            ("shadow", "Shadow"),
                            ("live", "Live"),
                            ("paused", "Paused"),
                        ],
                        default="draft",
                        max_length=6,
                    ),
                ),
                ("number", models.PositiveIntegerField(default=0)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "journey",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.journey",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="cells", to="campaigns.recoverystage"
                    ),
                ),
            ],
            options={
                "verbose_name": "cell of the recovery plan",
                "verbose_name_plural": "cells of the recovery plan",
            },
        ),
        migrations.CreateModel(
            name="Departure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("group", models.CharField(max_length=12)),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("entered", "Gets the ladder"),
                            ("held_out", "Gets nothing, to compare with"),
                            ("shadow", "Would get the ladder"),
                            ("draft", "The cell is a draft"),
                            ("paused", "The cell is paused"),
                            ("empty", "The cell is empty on purpose"),
                            ("hole", "Nobody decided about this cell"),
                            ("already", "Already had a message about it"),
                            ("bought", "Bought meanwhile"),
                            ("unreachable", "No channel of the ladder may be used"),
                            ("replaced", "Went further, and another cell took over"),
                            ("past", "Happened before the plan was there"),
                            ("ordered", "Ordered in this visit"),
                            ("nowhere", "Left at none of the stages"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reached", models.PositiveSmallIntegerField(default=0)),
                ("cell_number", models.PositiveIntegerField(default=0)),
                ("about", models.CharField(max_length=36)),
                ("began_at", models.DateTimeField()),
                ("left_at", models.DateTimeField()),
                ("noticed_at", models.DateTimeField()),
                ("amount_minor", models.BigIntegerField(default=0)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("device", models.CharField(blank=True, max_length=10)),
                ("source", models.CharField(blank=True, max_length=200)),
                ("evidence", models.JSONField(default=dict)),
                ("bought_at", models.DateTimeField(null=True)),
                ("order_minor", models.BigIntegerField(null=True)),
                (
                    "cart",
                    models.ForeignKey(
                        db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="orders.cart"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="departures",
                        to="customers.customer",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
                (
                    "cell",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="campaigns.recoverycell",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.recoverystage",
                    ),
                ),
            ],
            options={
                "verbose_name": "departure",
                "verbose_name_plural": "departures",
            },
        ),
        migrations.CreateModel(
            name="RecoveryWatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("look_at", models.DateTimeField()),
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
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "look of the recovery plan",
                "verbose_name_plural": "looks of the recovery plan",
            },
        ),
        migrations.CreateModel(
            name="RecoveryCellVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("plan", models.JSONField()),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "cell",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="campaigns.recoverycell",
                    ),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
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
                "verbose_name": "version of a cell",
                "verbose_name_plural": "versions of cells",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "cell", "number"), name="recovery_cell_version_once"),
                    models.CheckConstraint(condition=models.Q(("number__gt", 0)), name="recovery_cell_version_counts"),
                    retention.tenancy.constraints.StoreForeignKey(field="cell", name="recovery_cell_version_of_same_store"),
                    retention.tenancy.constraints.StoreIsolation(name="recovery_cell_version_isolation"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoveryGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("group", models.CharField(max_length=12)),
                (
                    "segment",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="segments.segment"
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
                "verbose_name": "visitor group by a segment",
                "verbose_name_plural": "visitor groups by segments",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "group"), name="recovery_group_once"),
                    models.CheckConstraint(
                        condition=models.Q(("group__in", ("buying", "looking", "researching", "comparing", "loyal", "first_order"))),
                        name="recovery_group_known",
                    ),
                    retention.tenancy.constraints.StoreForeignKey(field="segment", name="recovery_group_segment_of_store"),
                    retention.tenancy.constraints.StoreIsolation(name="recovery_group_isolation"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoveryReplay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("days", models.PositiveSmallIntegerField()),
                ("reached", models.BigIntegerField(default=0)),
                ("people_count", models.PositiveIntegerField(default=0)),
                ("asked_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "replay of the recovery plan",
                "verbose_name_plural": "replays of the recovery plan",
                "constraints": [
                    models.UniqueConstraint(fields=("store",), name="recovery_replay_once"),
                    models.CheckConstraint(condition=models.Q(("days__gte", 1), ("days__lte", 90)), name="recovery_replay_days"),
                    retention.tenancy.constraints.StoreIsolation(name="recovery_replay_isolation"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="recoverystage",
            constraint=models.UniqueConstraint(fields=("store", "id"), name="recovery_stage_of_store"),
        ),
        migrations.AddConstraint(
            model_name="recoverystage",
            constraint=models.UniqueConstraint(fields=("store", "public_id"), name="recovery_stage_public_id_once"),
        ),
        migrations.AddConstraint(
            model_name="recoverystage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ready", ""), _negated=True), fields=("store", "ready"), name="recovery_stage_ready_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverystage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("archived_at", None)), fields=("store", "name"), name="recovery_stage_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverystage",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="recovery_stage_has_a_name"),
        ),
        migrations.AddConstraint(
            model_name="recoverystage",
            constraint=retention.tenancy.constraints.StoreIsolation(name="recovery_stage_isolation"),
        ),
        migrations.AddConstraint(
            model_name="recoverycell",
            constraint=models.UniqueConstraint(fields=("store", "id"), name="recovery_cell_of_store"),
        ),
        migrations.AddConstraint(
            model_name="recoverycell",
            constraint=models.UniqueConstraint(fields=("store", "stage", "group"), name="recovery_cell_once"),
        ),
        migrations.AddConstraint(
            model_name="recoverycell",
            constraint=models.CheckConstraint(
                condition=models.Q(("group__in", ("buying", "looking", "researching", "comparing", "loyal", "first_order"))),
                name="recovery_cell_group_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverycell",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["empty", "draft", "shadow", "live", "paused"])), name="recovery_cell_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverycell",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "empty"), ("number__gt", 0), _connector="OR"), name="recovery_cell_says_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverycell",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("state", "live"), _negated=True), ("journey__isnull", False), _connector="OR"),
                name="recovery_cell_live_has_a_journey",
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverycell",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="stage", name="recovery_cell_stage_of_store"),
        ),
        migrations.AddConstraint(
            model_name="recoverycell",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="journey", name="recovery_cell_journey_of_store"),
        ),
        migrations.AddConstraint(
            model_name="recoverycell",
            constraint=retention.tenancy.constraints.StoreIsolation(name="recovery_cell_isolation"),
        ),
        migrations.AddIndex(
            model_name="departure",
            index=models.Index(
                fields=["store", "left_at"],
                include=("stage", "group", "decision", "customer", "amount_minor", "bought_at", "order_minor", "reached"),
                name="departure_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="departure",
            index=models.Index(fields=["store", "customer", "-left_at"], name="departure_of_customer"),
        ),
        migrations.AddIndex(
            model_name="departure",
            index=models.Index(fields=["store", "stage", "group", "-left_at"], name="departure_of_cell"),
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=models.UniqueConstraint(fields=("store", "customer", "began_at"), name="departure_once_a_visit"),
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decision__in", ["entered", "held_out"])), fields=("store", "about"), name="departure_one_run"
            ),
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=models.CheckConstraint(
                condition=models.Q(("group__in", ("buying", "looking", "researching", "comparing", "loyal", "first_order"))),
                name="departure_group_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=models.CheckConstraint(condition=models.Q(("left_at__gte", models.F("began_at"))), name="departure_in_order"),
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=models.CheckConstraint(condition=models.Q(("amount_minor__gte", 0)), name="departure_amount_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=models.CheckConstraint(
                condition=models.Q(("stage__isnull", False), ("decision__in", ["ordered", "nowhere"]), _connector="OR"),
                name="departure_has_a_stage",
            ),
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="customer", name="departure_customer_of_store"),
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="stage", name="departure_stage_of_store"),
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="cell", name="departure_cell_of_store"),
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="cart", name="departure_cart_of_store"),
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=retention.tenancy.constraints.StoreIsolation(name="departure_isolation"),
        ),
        migrations.AddIndex(
            model_name="recoverywatch",
            index=models.Index(fields=["store", "look_at", "id"], name="recovery_watch_due"),
        ),
        migrations.AddConstraint(
            model_name="recoverywatch",
            constraint=models.UniqueConstraint(fields=("store", "customer"), name="recovery_watch_once"),
        ),
        migrations.AddConstraint(
            model_name="recoverywatch",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="customer", name="recovery_watch_customer_of_store"),
        ),
        migrations.AddConstraint(
            model_name="recoverywatch",
            constraint=retention.tenancy.constraints.StoreIsolation(name="recovery_watch_isolation"),
        ),
    ]
