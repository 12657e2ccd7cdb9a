"""A decision says who else wanted the person, who won and why."""

from django.db import migrations, models
from django.db.models import Value


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0042_ranks_of_sources")]

    operations = [
        migrations.AddField(
            model_name="decision",
            name="contest",
            field=models.JSONField(blank=True, db_default=Value({}, models.JSONField()), default=dict),
        ),
    ]
