"""Several connections of one channel with their shares, and how a new one warms up day by day."""

import django.db.models.deletion
from django.db import migrations, models

import retention.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0016_sms_campaigns"), ("stores", "0003_when_the_door_used_a_key")]

    operations = [
        migrations.AddField("connection", "weight", models.PositiveSmallIntegerField(db_default=100, default=100)),
        migrations.AddField("connection", "warm_since", models.DateField(null=True)),
        migrations.AddField("connection", "warm_first", models.PositiveIntegerField(db_default=50, default=50)),
        migrations.AddField("connection", "warm_growth", models.PositiveSmallIntegerField(db_default=30, default=30)),
        migrations.AddField("connection", "warm_goal", models.PositiveIntegerField(db_default=20_000, default=20_000)),
        migrations.RemoveConstraint("connection", "connection_active_once"),
        migrations.AddConstraint(
            "connection",
            models.UniqueConstraint(
                condition=models.Q(("active", True)), fields=("store", "channel", "provider"), name="connection_active_once"
            ),
        ),
        migrations.AddConstraint(
            "connection",
            models.CheckConstraint(condition=models.Q(("weight__gte", 1), ("weight__lte", 100)), name="connection_weight_possible"),
        ),
        migrations.AddConstraint(
            "connection",
            models.CheckConstraint(
                condition=models.Q(
                    ("warm_first__gte", 1), ("warm_goal__gte", models.F("warm_first")), ("warm_growth__gte", 5), ("warm_growth__lte", 200)
                ),
                name="connection_warm_up_possible",
            ),
        ),
        migrations.CreateModel(
            name="ConnectionDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("taken", models.PositiveIntegerField(default=0)),
                ("granted", models.PositiveIntegerField(default=0)),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.connection",
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
                "verbose_name": "day of a connection",
                "verbose_name_plural": "days of connections",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "connection", "day"), name="connection_day_once"),
                    retention.tenancy.constraints.StoreForeignKey(field="connection", name="connection_day_connection_of_store"),
                    retention.tenancy.constraints.StoreIsolation(name="connection_day_isolation"),
                ],
            },
        ),
    ]
