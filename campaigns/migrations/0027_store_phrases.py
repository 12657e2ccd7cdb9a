"""What a store's mails say in their fixed places, by language."""

import django.db.models.deletion
from django.db import migrations, models

import retention.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0026_test_numbers"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="StorePhrase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=40)),
                ("language", models.CharField(max_length=12)),
                ("text", models.CharField(max_length=300)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "phrase of a store",
                "verbose_name_plural": "phrases of stores",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "key", "language"), name="store_phrase_once"),
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("text", ""), _negated=True), models.Q(("language", ""), _negated=True)),
                        name="store_phrase_says_something",
                    ),
                    retention.tenancy.constraints.StoreIsolation(name="store_phrase_isolation"),
                ],
            },
        ),
    ]
