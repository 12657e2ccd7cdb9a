"""The numbers of a store's team that tests of SMS go to."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import retention.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0025_connections_by_name"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="TestNumber",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("phone", models.CharField(max_length=20)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "verbose_name": "number for tests",
                "verbose_name_plural": "numbers for tests",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "user"), name="test_number_once"),
                    models.CheckConstraint(condition=models.Q(("phone__startswith", "+")), name="test_number_is_whole"),
                    retention.tenancy.constraints.StoreIsolation(name="test_number_isolation"),
                ],
            },
        ),
    ]
