"""Profiles gain place, birthday parts, search keys and order figures; attributes, counters, merges and consent history come."""

import django.db.models.deletion
import django.utils.timezone
import retention.tenancy.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_state_of_partitioned_events"), ("stores", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Attribute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80)),
                ("label", models.CharField(blank=True, max_length=120, verbose_name="label")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("number", "Number"),
                            ("flag", "Yes or no"),
                            ("date", "Date"),
                            ("list", "List of texts"),
                        ],
                        max_length=6,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "attribute",
                "verbose_name_plural": "attributes",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "id"), name="attribute_of_store"),
                    models.UniqueConstraint(fields=("store", "key"), name="attribute_key_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["text", "number", "flag", "date", "list"])), name="attribute_kind_known"
                    ),
                    retention.tenancy.constraints.StoreIsolation(name="attribute_isolation"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AttributeValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveSmallIntegerField(default=0)),
                ("text_value", models.CharField(blank=True, max_length=500)),
                ("folded_value", models.CharField(blank=True, db_collation="C", max_length=500)),
                ("number_value", models.FloatField(null=True)),
                ("date_value", models.DateTimeField(null=True)),
                (
                    "attribute",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="values", to="customers.attribute"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attribute_values",
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
                "constraints": [
                    models.UniqueConstraint(fields=("store", "customer", "attribute", "place"), name="attribute_value_once"),
                    retention.tenancy.constraints.StoreForeignKey(field="attribute", name="attribute_value_attribute_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="customer", name="attribute_value_customer_of_store"),
                    retention.tenancy.constraints.StoreIsolation(name="attribute_value_isolation"),
                ],
                "indexes": [
                    models.Index(fields=["store", "attribute", "folded_value", "customer"], name="attribute_by_text"),
                    models.Index(
                        condition=models.Q(("number_value", None), _negated=True),
                        fields=["store", "attribute", "number_value", "customer"],
                        name="attribute_by_number",
                    ),
                    models.Index(
                        condition=models.Q(("date_value", None), _negated=True),
                        fields=["store", "attribute", "date_value", "customer"],
                        name="attribute_by_date",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "E-mail"), ("sms", "SMS"), ("push", "Push"), ("onsite", "On the site")], max_length=10
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("granted", "Yes"), ("pending", "Waiting for confirmation"), ("refused", "Said no")], max_length=10
                    ),
                ),
                ("method", models.CharField(blank=True, max_length=40, verbose_name="how")),
                ("source", models.CharField(blank=True, max_length=120, verbose_name="where")),
                ("text_version", models.CharField(blank=True, max_length=40, verbose_name="which words")),
                ("ip", models.GenericIPAddressField(null=True)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("proof", models.JSONField(default=dict)),
                ("said_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="consent_records",
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
                "verbose_name": "consent record",
                "verbose_name_plural": "consent history",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["granted", "pending", "refused"])), name="consent_record_status_known"
                    ),
                    retention.tenancy.constraints.StoreForeignKey(field="customer", name="consent_record_customer_of_store"),
                    retention.tenancy.constraints.StoreIsolation(name="consent_record_isolation"),
                ],
                "indexes": [
                    models.Index(fields=["store", "customer", "-said_at", "-id"], name="consent_record_of_customer"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerMerge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("loser_public_id", models.UUIDField()),
                ("loser_name", models.CharField(blank=True, max_length=254)),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("external", "The shop's own id"),
                            ("email", "E-mail address"),
                            ("anonymous", "The same browser"),
                            ("shop", "The shop joined them"),
                            ("person", "By hand"),
                        ],
                        max_length=10,
                    ),
                ),
                ("before", models.JSONField(default=dict)),
                ("merged_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
                (
                    "survivor",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="merges", to="customers.customer"
                    ),
                ),
            ],
            options={
                "verbose_name": "merge",
                "verbose_name_plural": "merges",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "loser_public_id"), name="merge_once"),
                    models.CheckConstraint(
                        condition=models.Q(("rule__in", ["external", "email", "anonymous", "shop", "person"])), name="merge_rule_known"
                    ),
                    retention.tenancy.constraints.StoreForeignKey(field="survivor", name="merge_survivor_of_store"),
                    retention.tenancy.constraints.StoreIsolation(name="merge_isolation"),
                ],
                "indexes": [
                    models.Index(fields=["store", "survivor"], name="merge_of_survivor"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("first_seen_at", models.DateTimeField()),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("store", "id"), name="event_name_of_store"),
                    models.UniqueConstraint(fields=("store", "name"), name="event_name_once"),
                    retention.tenancy.constraints.StoreIsolation(name="event_name_isolation"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerCounter",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id", "customer_id", "event_name_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="counters",
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
                    "event_name",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.eventname",
                    ),
                ),
                ("count", models.PositiveIntegerField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("count__gt", 0)), name="counter_counts"),
                    models.CheckConstraint(condition=models.Q(("last_at__gte", models.F("first_at"))), name="counter_in_order"),
                    retention.tenancy.constraints.StoreForeignKey(field="customer", name="counter_customer_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="event_name", name="counter_name_of_store"),
                    retention.tenancy.constraints.StoreIsolation(name="counter_isolation"),
                ],
                "indexes": [
                    models.Index(fields=["store", "event_name", "last_at"], include=("customer",), name="counter_by_last"),
                ],
            },
        ),
        migrations.AddField(
            model_name="consent",
            name="text_version",
            field=models.CharField(blank=True, max_length=40, verbose_name="which words"),
        ),
        migrations.AddField(
            model_name="customer",
            name="birth_md",
            field=models.SmallIntegerField(blank=True, null=True, verbose_name="day of birth"),
        ),
        migrations.AddField(
            model_name="customer",
            name="birth_year",
            field=models.SmallIntegerField(blank=True, null=True, verbose_name="year of birth"),
        ),
        migrations.AddField(
            model_name="customer",
            name="first_order_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="customer",
            name="last_name_key",
            field=models.CharField(blank=True, db_collation="C", db_default="", default="", editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name="customer",
            name="last_order_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="customer",
            name="name_key",
            field=models.CharField(blank=True, db_collation="C", db_default="", default="", editable=False, max_length=201),
        ),
        migrations.AddField(
            model_name="customer",
            name="orders_count",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="customer",
            name="postcode",
            field=models.CharField(blank=True, db_default="", default="", max_length=20, verbose_name="postcode"),
        ),
        migrations.AddField(
            model_name="customer",
            name="region",
            field=models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="region"),
        ),
        migrations.AddField(
            model_name="customer",
            name="spent_minor",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AlterField(
            model_name="customer",
            name="phone",
            field=models.CharField(blank=True, db_collation="C", max_length=16, verbose_name="phone"),
        ),
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(fields=["store", "channel", "status"], include=("customer",), name="consent_by_status"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["store", "name_key"], name="customer_by_name"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("last_name_key", ""), _negated=True), fields=["store", "last_name_key"], name="customer_by_last_name"
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(condition=models.Q(("phone", ""), _negated=True), fields=["store", "phone"], name="customer_by_phone"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("birth_md", None), _negated=True), fields=["store", "birth_md"], name="customer_by_birthday"
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["store", "-spent_minor", "-id"], name="customer_by_spent"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("last_order_at", None), _negated=True),
                fields=["store", "-last_order_at", "-id"],
                name="customer_by_last_order",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("country", ""), _negated=True), fields=["store", "country", "city"], name="customer_by_place"
            ),
        ),
    ]
