"""Stops after too many complaints or bounces, what is counted for them, and the pace of an account."""

import django.db.models.deletion
import retention.tenancy.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0010_coupons"),
        ("customers", "0021_who_is_known_in_a_place"),
        ("orders", "0006_narrower_lines_of_products"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountPace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("spent_to", models.DateTimeField()),
                ("granted", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "pace of an account",
                "verbose_name_plural": "paces of accounts",
            },
        ),
        migrations.CreateModel(
            name="SendingStop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source_kind", models.CharField(max_length=20)),
                ("source_id", models.BigIntegerField()),
                ("channel", models.CharField(max_length=10)),
                (
                    "why",
                    models.CharField(
                        choices=[("complaints", "Too many people called it unwanted"), ("bounces", "Too many addresses do not exist")],
                        max_length=10,
                    ),
                ),
                ("whole_channel", models.BooleanField(default=False)),
                ("tried", models.PositiveIntegerField()),
                ("bad", models.PositiveIntegerField()),
                ("stopped_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "stop of sending",
                "verbose_name_plural": "stops of sending",
            },
        ),
        migrations.AddField(
            model_name="journey",
            name="pause_reason",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name="message",
            name="bounced_for_good",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="message",
            name="complained_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="pause_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("person", "Paused by a person"),
                    ("missed", "Its time was missed by more than two hours"),
                    ("segment", "A segment cannot be worked out"),
                    ("complaints", "Too many people called it unwanted"),
                    ("bounces", "Too many addresses do not exist"),
                ],
                default="",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("bounced_for_good", True), ("complained_at__isnull", False), _connector="OR"),
                fields=["store", "first_attempt_at"],
                name="message_gone_wrong",
            ),
        ),
        migrations.AddField(
            model_name="accountpace",
            name="connection",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="campaigns.connection"
            ),
        ),
        migrations.AddField(
            model_name="accountpace",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddField(
            model_name="sendingstop",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddConstraint(
            model_name="accountpace",
            constraint=models.UniqueConstraint(fields=("store", "connection"), name="account_pace_once"),
        ),
        migrations.AddConstraint(
            model_name="accountpace",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="connection", name="account_pace_connection_of_store"),
        ),
        migrations.AddConstraint(
            model_name="accountpace",
            constraint=retention.tenancy.constraints.StoreIsolation(name="account_pace_isolation"),
        ),
        migrations.AddIndex(
            model_name="sendingstop",
            index=models.Index(fields=["store", "source_kind", "source_id", "-stopped_at"], name="sending_stop_of_source"),
        ),
        migrations.AddConstraint(
            model_name="sendingstop",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("store", "source_kind", "source_id"), name="sending_stop_open_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="sendingstop",
            constraint=models.CheckConstraint(condition=models.Q(("why__in", ["complaints", "bounces"])), name="sending_stop_why_known"),
        ),
        migrations.AddConstraint(
            model_name="sendingstop",
            constraint=models.CheckConstraint(
                condition=models.Q(("source_kind__in", ["campaign", "journey"])), name="sending_stop_source_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="sendingstop",
            constraint=retention.tenancy.constraints.StoreIsolation(name="sending_stop_isolation"),
        ),
    ]
