"""Rows read out of a file carry no check of their store, which their import's says already, and are not compressed for the hour they live."""

import django.db.models.deletion
from django.db import migrations, models

_STORAGE = 'ALTER TABLE customers_importrow ALTER COLUMN lines SET STORAGE {0}, ALTER COLUMN "values" SET STORAGE {0}'


class Migration(migrations.Migration):
    dependencies = [("customers", "0016_lighter_event_keys"), ("stores", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="importrow",
            name="store",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="stores.store",
            ),
        ),
        migrations.RunSQL(_STORAGE.format("EXTERNAL"), _STORAGE.format("EXTENDED")),
    ]
