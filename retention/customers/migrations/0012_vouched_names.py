"""Whether the shop's server (or the person themselves) stands behind a name, or only a browser claimed it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0011_events_others_told")]

    operations = [
        migrations.AddField(
            model_name="identity", name="vouched", field=models.BooleanField(db_default=True, default=True, editable=False)
        ),
    ]
