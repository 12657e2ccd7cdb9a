"""How many parts an SMS left in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0015_fewer_indexes_of_what_points")]

    operations = [migrations.AddField("message", "parts", models.PositiveSmallIntegerField(db_default=0, default=0))]
