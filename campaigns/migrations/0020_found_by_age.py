"""Rows that only grow are found by their age, so that letting go of the oldest reads no others."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("campaigns", "0019_campaign_sums")]

    operations = [
        AddIndexConcurrently("click", models.Index(fields=["store", "at"], name="click_by_age")),
        AddIndexConcurrently("opening", models.Index(fields=["store", "at"], name="opening_by_age")),
        AddIndexConcurrently("onsitemessage", models.Index(fields=["store", "until"], name="onsite_by_age")),
        AddIndexConcurrently(
            "pushsubscription",
            models.Index(condition=models.Q(("gone_at__isnull", False)), fields=["store", "gone_at"], name="push_subscription_gone"),
        ),
        AddIndexConcurrently(
            "pushsubscription",
            models.Index(condition=models.Q(("gone_at__isnull", True)), fields=["store", "seen_at"], name="push_subscription_silent"),
        ),
    ]
