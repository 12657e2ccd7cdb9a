"""Segments, their versions, members and runs."""

import django.db.models.deletion
import django.utils.timezone
import retention.tenancy.constraints
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0020_events_by_name"),
        ("stores", "0003_when_the_door_used_a_key"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Segment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                ("folder", models.CharField(blank=True, max_length=60, verbose_name="folder")),
                ("kind", models.CharField(choices=[("rule", "By a rule"), ("list", "By hand")], default="rule", max_length=4)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("live", "Live"), ("archived", "Put away")], default="draft", max_length=8
                    ),
                ),
                ("rule", models.JSONField(default=dict)),
                ("draft", models.JSONField(null=True)),
                ("version", models.PositiveIntegerField(default=0)),
                ("reads", models.JSONField(default=list)),
                ("members_count", models.PositiveIntegerField(default=0)),
                ("counted_at", models.DateTimeField(null=True)),
                ("filled_version", models.PositiveIntegerField(default=0)),
                ("swept_until", models.DateTimeField(null=True)),
                ("reconciled_at", models.DateTimeField(null=True)),
                ("fault", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "created_by",
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
                "verbose_name": "segment",
                "verbose_name_plural": "segments",
            },
        ),
        migrations.CreateModel(
            name="SegmentDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id", "segment_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("members_count", models.PositiveIntegerField()),
                ("entered_count", models.PositiveIntegerField(default=0)),
                ("left_count", models.PositiveIntegerField(default=0)),
                (
                    "segment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="segments.segment",
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
                "verbose_name": "day of a segment",
                "verbose_name_plural": "days of segments",
            },
        ),
        migrations.CreateModel(
            name="SegmentMember",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id", "segment_id", "customer_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("entered_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="customers.customer",
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="segments.segment",
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
                "verbose_name": "member of a segment",
                "verbose_name_plural": "members of segments",
            },
        ),
        migrations.CreateModel(
            name="SegmentRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cause", models.CharField(choices=[("fill", "A new rule"), ("check", "The nightly check")], max_length=5)),
                ("version", models.PositiveIntegerField()),
                ("began_at", models.DateTimeField()),
                ("took_ms", models.PositiveIntegerField()),
                ("entered_count", models.PositiveIntegerField()),
                ("left_count", models.PositiveIntegerField()),
                ("members_count", models.PositiveIntegerField()),
                ("drift", models.PositiveIntegerField(default=0)),
                (
                    "segment",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="segments.segment"
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
                "verbose_name": "run of a segment",
                "verbose_name_plural": "runs of segments",
            },
        ),
        migrations.CreateModel(
            name="SegmentVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("rule", models.JSONField()),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="segments.segment"
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
                "verbose_name": "version of a segment",
                "verbose_name_plural": "versions of segments",
            },
        ),
        migrations.AddIndex(
            model_name="segment",
            index=models.Index(fields=["store", "state", "name", "id"], name="segment_by_name"),
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=models.UniqueConstraint(fields=("store", "id"), name="segment_of_store"),
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=models.UniqueConstraint(fields=("store", "public_id"), name="segment_public_id_once"),
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "archived"), _negated=True), fields=("store", "name"), name="segment_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="segment_has_a_name"),
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=models.CheckConstraint(condition=models.Q(("state__in", ["draft", "live", "archived"])), name="segment_state_known"),
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=models.CheckConstraint(condition=models.Q(("kind__in", ["rule", "list"])), name="segment_kind_known"),
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("state", "live"), _negated=True), ("kind", "list"), ("version__gt", 0), _connector="OR"),
                name="segment_live_has_a_rule",
            ),
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=retention.tenancy.constraints.StoreIsolation(name="segment_isolation"),
        ),
        migrations.AddConstraint(
            model_name="segmentday",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="segment", name="segment_day_of_store"),
        ),
        migrations.AddConstraint(
            model_name="segmentday",
            constraint=retention.tenancy.constraints.StoreIsolation(name="segment_day_isolation"),
        ),
        migrations.AddIndex(
            model_name="segmentmember",
            index=models.Index(fields=["store", "customer", "segment"], name="segment_member_of_customer"),
        ),
        migrations.AddIndex(
            model_name="segmentmember",
            index=models.Index(fields=["store", "segment", "-entered_at", "-customer"], name="segment_member_newest"),
        ),
        migrations.AddConstraint(
            model_name="segmentmember",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="segment", name="segment_member_segment_of_store"),
        ),
        migrations.AddConstraint(
            model_name="segmentmember",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="customer", name="segment_member_customer_of_store"),
        ),
        migrations.AddConstraint(
            model_name="segmentmember",
            constraint=retention.tenancy.constraints.StoreIsolation(name="segment_member_isolation"),
        ),
        migrations.AddIndex(
            model_name="segmentrun",
            index=models.Index(fields=["store", "segment", "-began_at", "-id"], name="segment_run_newest"),
        ),
        migrations.AddConstraint(
            model_name="segmentrun",
            constraint=models.CheckConstraint(condition=models.Q(("cause__in", ["fill", "check"])), name="segment_run_cause_known"),
        ),
        migrations.AddConstraint(
            model_name="segmentrun",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="segment", name="segment_run_of_store"),
        ),
        migrations.AddConstraint(
            model_name="segmentrun",
            constraint=retention.tenancy.constraints.StoreIsolation(name="segment_run_isolation"),
        ),
        migrations.AddConstraint(
            model_name="segmentversion",
            constraint=models.UniqueConstraint(fields=("store", "segment", "number"), name="segment_version_once"),
        ),
        migrations.AddConstraint(
            model_name="segmentversion",
            constraint=models.CheckConstraint(condition=models.Q(("number__gt", 0)), name="segment_version_counts"),
        ),
        migrations.AddConstraint(
            model_name="segmentversion",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="segment", name="segment_version_of_store"),
        ),
        migrations.AddConstraint(
            model_name="segmentversion",
            constraint=retention.tenancy.constraints.StoreIsolation(name="segment_version_isolation"),
        ),
    ]
