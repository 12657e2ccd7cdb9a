"""What reports say of messages that are kept no longer."""

import django.db.models.deletion
from django.db import migrations, models

import retention.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0028_links_counted"),
        ("stores", "0005_message_months"),
    ]

    operations = [
        migrations.AddField("campaigntally", "report", models.JSONField(null=True)),
        migrations.CreateModel(
            name="JourneyTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("states", models.JSONField(default=dict)),
                ("steps", models.JSONField(default=dict)),
                ("reasons", models.JSONField(default=list)),
                ("credits", models.JSONField(default=dict)),
                (
                    "journey",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.journey",
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
                "verbose_name": "journey's sums",
                "verbose_name_plural": "journeys' sums",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "journey"), name="journey_tally_once"),
                    retention.tenancy.constraints.StoreForeignKey(field="journey", name="journey_tally_of_same_store"),
                    retention.tenancy.constraints.StoreIsolation(name="journey_tally_isolation"),
                ],
            },
        ),
    ]
