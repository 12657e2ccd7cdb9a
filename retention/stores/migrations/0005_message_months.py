"""For how many months a store keeps single messages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stores", "0004_writers")]

    operations = [
        migrations.AddField(
            "store",
            "message_months",
            models.PositiveSmallIntegerField(blank=True, db_default=14, default=14, null=True, verbose_name="messages are kept for months"),
        ),
        migrations.AddConstraint(
            "store",
            models.CheckConstraint(condition=models.Q(("message_months__range", (14, 120))), name="store_keeps_messages_for_months"),
        ),
    ]
