"""An index of the events others told us, so that pages pass over our own (receipts, what we sent) without reading them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0010_saved_views_and_sorted_lists"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="customerevent",
            index=models.Index(
                condition=models.Q(("kind", "own"), _negated=True), fields=["store", "-received_at", "-id"], name="event_told"
            ),
        ),
    ]
