"""An index of those who bought, newest first: filters about orders look at them alone."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # customers are written meanwhile
    dependencies = [("customers", "0021_who_is_known_in_a_place")]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                fields=["store", "-created_at", "-id"], name="customer_newest_buyer", condition=models.Q(("orders_count__gte", 1))
            ),
        ),
    ]
