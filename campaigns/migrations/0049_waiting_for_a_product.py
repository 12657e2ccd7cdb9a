"""Runs that wait for a product that is sold out are found by the product when it is back."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("campaigns", "0048_replays_give_up")]

    operations = [
        AddIndexConcurrently(
            "enrollment",
            models.Index(
                fields=["store", "about", "customer"],
                name="enrollment_for_stock",
                condition=models.Q(("state", "running"), ("step", "back-in-stock")),
            ),
        ),
    ]
