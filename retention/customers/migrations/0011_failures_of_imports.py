"""How often the next batch of an import broke, so that one that always breaks ends."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0010_saved_views_and_sorted_lists")]

    operations = [
        migrations.AddField(model_name="import", name="failures", field=models.PositiveSmallIntegerField(db_default=0, default=0)),
    ]
