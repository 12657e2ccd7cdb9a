"""Which events a delivery stored, so that its page can say what became of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0002_refused_deliveries"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="events",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
    ]
