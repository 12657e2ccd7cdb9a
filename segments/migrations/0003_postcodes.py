"""Postcodes: where they lie, by a table a merchant loads."""

import django.db.models.deletion
import retention.tenancy.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0002_measures"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="Postcode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("country", models.CharField(max_length=2)),
                ("postcode", models.CharField(db_collation="C", max_length=20)),
                ("latitude", models.FloatField()),
                ("longitude", models.FloatField()),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "postcode",
                "verbose_name_plural": "postcodes",
                "indexes": [
                    models.Index(fields=["store", "latitude", "longitude"], include=("country", "postcode"), name="postcode_in_place")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("store", "country", "postcode"), name="postcode_once"),
                    models.CheckConstraint(condition=models.Q(("country__regex", "^[A-Z]{2}$")), name="postcode_country_iso"),
                    models.CheckConstraint(condition=models.Q(("postcode", ""), _negated=True), name="postcode_is_told"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("latitude__gte", -90), ("latitude__lte", 90), ("longitude__gte", -180), ("longitude__lte", 180)
                        ),
                        name="postcode_on_earth",
                    ),
                    retention.tenancy.constraints.StoreIsolation(name="postcode_isolation"),
                ],
            },
        ),
    ]
