"""The index by place says who is known, so that a city full of visitors is not read through for the few with an address."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # customers are written meanwhile
    dependencies = [("customers", "0020_events_by_name")]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("country", ""), _negated=True),
                fields=["store", "country", "city", "email_key"],
                name="customer_in_place",
            ),
        ),
        RemoveIndexConcurrently(model_name="customer", name="customer_by_place"),
    ]
