"""A number is found among the messages that were tried, not among all that were held back because of it."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("campaigns", "0020_found_by_age")]

    operations = [
        AddIndexConcurrently(
            "message",
            models.Index(
                condition=models.Q(
                    ("channel", "sms"), ("source_kind", "campaign"), ("token__gt", 0), models.Q(("address_digest", ""), _negated=True)
                ),
                fields=["store", "source_id", "address_digest"],
                name="message_of_tried_number",
            ),
        ),
        RemoveIndexConcurrently("message", "message_of_number"),
    ]
