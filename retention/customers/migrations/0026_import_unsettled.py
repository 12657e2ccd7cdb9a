"""An import remembers of whom something came in until their figures are worked out, once for many batches."""

import django.contrib.postgres.fields
from django.db import migrations, models

_IDS = django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)


class Migration(migrations.Migration):
    dependencies = [("customers", "0025_lighter_rows_of_imports")]

    operations = [
        migrations.AddField(
            model_name="import",
            name="unsettled",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=models.Value([], _IDS), default=list, editable=False, size=None
            ),
        ),
    ]
