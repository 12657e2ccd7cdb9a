"""What a row of a file would change, field by field, for the page that is looked at before anything is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0014_import_touched_at")]

    operations = [
        migrations.AddField(model_name="importrow", name="changes", field=models.JSONField(null=True)),
    ]
