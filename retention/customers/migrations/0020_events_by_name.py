"""Indexes by which segments find who did something, and when: only of events that count and belong to somebody."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0019_fold_texts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="customerevent",
            index=models.Index(
                condition=models.Q(("customer__isnull", False), ("kind__in", ["track", "own"]), ("refusal", "")),
                fields=["store", "name", "occurred_at"],
                include=("customer", "kind"),
                name="event_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="customerevent",
            index=models.Index(
                condition=models.Q(("customer__isnull", False), ("kind__in", ["page", "screen"]), ("refusal", "")),
                fields=["store", "kind", "occurred_at"],
                include=("customer",),
                name="event_of_view",
            ),
        ),
    ]
