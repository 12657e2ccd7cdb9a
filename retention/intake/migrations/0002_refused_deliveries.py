"""How often a shop's deliveries were signed with another secret than the one kept here, and when the last time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0001_shops_and_deliveries"),
    ]

    operations = [
        migrations.AddField(
            model_name="shopconnection",
            name="refused_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="shopconnection",
            name="refused_count",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
