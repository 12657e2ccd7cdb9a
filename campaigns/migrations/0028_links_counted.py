"""What a message remembers of clicks that were added up and have left."""

from django.db import migrations, models
from django.db.models import Value


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0027_store_phrases")]

    operations = [
        migrations.AddField("message", "links_counted", models.JSONField(db_default=Value([], models.JSONField()), default=list)),
    ]
