"""The links that stand in a template as they are, kept once for all its messages; those of earlier messages stay in their rows."""

import django.db.models.deletion
import retention.tenancy.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0021_numbers_of_tried_messages"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="LinkSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("targets", models.JSONField()),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "set of links",
                "verbose_name_plural": "sets of links",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "id"), name="link_set_of_store"),
                    models.UniqueConstraint(fields=("store", "digest"), name="link_set_once"),
                    retention.tenancy.constraints.StoreIsolation(name="link_set_isolation"),
                ],
            },
        ),
        migrations.AddField(
            "message",
            "link_set",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="campaigns.linkset",
            ),
        ),
        migrations.AddConstraint(
            "message", retention.tenancy.constraints.StoreForeignKey(field="link_set", name="message_link_set_of_store")
        ),
    ]
