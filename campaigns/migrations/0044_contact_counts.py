"""How many messages people got, as it was counted last."""

import django.db.models.deletion
import retention.tenancy.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0043_contests"), ("stores", "0004_writers")]

    operations = [
        migrations.CreateModel(
            name="ContactCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begun_at", models.DateTimeField(null=True)),
                ("reached", models.BigIntegerField(default=0)),
                ("gathering", models.JSONField(default=dict)),
                ("figures", models.JSONField(null=True)),
                ("counted_at", models.DateTimeField(null=True)),
                ("reckoned_at", models.DateTimeField(null=True)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "count of messages people got",
                "verbose_name_plural": "counts of messages people got",
            },
        ),
        migrations.AddConstraint(
            model_name="contactcount",
            constraint=models.UniqueConstraint(fields=("store",), name="contact_count_once"),
        ),
        migrations.AddConstraint(
            model_name="contactcount",
            constraint=models.CheckConstraint(
                condition=models.Q(("figures", None), ("counted_at__isnull", False), _connector="OR"), name="contact_count_has_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="contactcount",
            constraint=retention.tenancy.constraints.StoreIsolation(name="contact_count_isolation"),
        ),
    ]
