"""For how long after a click an order is credited to it, as each store chooses."""

import django.db.models.deletion
from django.db import migrations, models

import retention.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0030_experiments"), ("stores", "0004_writers")]

    operations = [
        migrations.CreateModel(
            name="CreditRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("windows", models.JSONField(default=dict)),
                ("changed_at", models.DateTimeField()),
                ("recounting_to", models.BigIntegerField(default=0)),
                ("recounted_to", models.BigIntegerField(default=0)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "windows for crediting orders",
                "verbose_name_plural": "windows for crediting orders",
                "constraints": [
                    models.UniqueConstraint(fields=("store",), name="credit_rule_once"),
                    retention.tenancy.constraints.StoreIsolation(name="credit_rule_isolation"),
                ],
            },
        ),
    ]
