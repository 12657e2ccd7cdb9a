"""Indexes for what is asked of notices every few seconds (whose bodies are old, which rows are) and when a person is erased."""

import django.db.models.functions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("state", "sent"), models.Q(("html", ""), ("text", ""), _negated=True)),
                fields=["sent_at"],
                name="notice_sent_with_body",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "unknown"]), models.Q(("html", ""), ("text", ""), _negated=True)),
                fields=["leased_until"],
                name="notice_failed_with_body",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("state__in", ["sent", "failed", "unknown"])), fields=["created_at"], name="notice_finished"
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(django.db.models.functions.Upper("to"), name="notice_by_address"),
        ),
    ]
