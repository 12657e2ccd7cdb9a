"""One number, one SMS of a campaign: what finds the others of a number, and how many parts a message left in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0015_fewer_indexes_of_what_points")]

    operations = [
        migrations.AddField("message", "parts", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddIndex(
            "message",
            models.Index(
                condition=models.Q(("channel", "sms"), ("source_kind", "campaign"), models.Q(("address_digest", ""), _negated=True)),
                fields=["store", "source_id", "address_digest"],
                name="message_of_number",
            ),
        ),
    ]
