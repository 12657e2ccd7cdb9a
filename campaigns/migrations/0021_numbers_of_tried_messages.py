"""The SMS of a campaign are found by their number, among those that were tried: what was held back because of it is not read."""

from django.contrib.postgres.operations import AddIndexConcurrently
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
    ]
