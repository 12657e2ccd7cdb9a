"""What a campaign's report says of clicks and noes that are no longer kept one by one."""

import django.db.models.deletion
from django.db import migrations, models

import retention.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0018_approval_stop_rule_and_opens"), ("stores", "0004_writers")]

    operations = [
        migrations.CreateModel(
            name="CampaignTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                ("clicks_before", models.DateTimeField(null=True)),
                ("links", models.JSONField(default=list)),
                ("bars", models.JSONField(default=list)),
                ("noes_before", models.DateTimeField(null=True)),
                ("noes", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "campaign's sums",
                "verbose_name_plural": "campaigns' sums",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "campaign"), name="campaign_tally_once"),
                    retention.tenancy.constraints.StoreForeignKey(field="campaign", name="campaign_tally_of_same_store"),
                    retention.tenancy.constraints.StoreIsolation(name="campaign_tally_isolation"),
                ],
            },
        ),
    ]
