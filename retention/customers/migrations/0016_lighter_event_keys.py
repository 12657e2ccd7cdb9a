"""Keys of message ids carry no check of their store: the event stored in the same statement has one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0015_changes_of_import_rows"), ("stores", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="eventkey",
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
    ]
