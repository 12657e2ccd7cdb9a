"""How often the next batch of an import broke, so that one that always breaks ends."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0012_vouched_names")]

    operations = [
        migrations.AddField(model_name="import", name="failures", field=models.PositiveSmallIntegerField(db_default=0, default=0)),
    ]
