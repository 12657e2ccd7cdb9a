"""How many messages a person may get, as each store says."""

import django.db.models.deletion
import retention.tenancy.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0040_writing_journeys"), ("stores", "0004_writers")]

    operations = [
        migrations.CreateModel(
            name="ContactCap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("channel", models.CharField(blank=True, default="", max_length=10)),
                ("per_day", models.PositiveSmallIntegerField()),
                ("per_week", models.PositiveSmallIntegerField()),
                ("changed_at", models.DateTimeField()),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "cap of the contact budget",
                "verbose_name_plural": "caps of the contact budget",
            },
        ),
        migrations.AddConstraint(
            model_name="contactcap",
            constraint=models.UniqueConstraint(fields=("store", "channel"), name="contact_cap_once"),
        ),
        migrations.AddConstraint(
            model_name="contactcap",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("per_day__gte", 1), ("per_day__lte", 20), ("per_week__lte", 100), ("per_week__gte", models.F("per_day"))
                ),
                name="contact_cap_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactcap",
            constraint=retention.tenancy.constraints.StoreIsolation(name="contact_cap_isolation"),
        ),
    ]
