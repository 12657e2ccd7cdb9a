"""What an import keeps while it runs is written as it is: pressing ids together costs more than they weigh, and cutting up rows too."""

from django.db import migrations

_IDS = "ALTER TABLE customers_import ALTER COLUMN unsettled SET STORAGE {}"
_ROWS = "ALTER TABLE customers_importrow {} (toast_tuple_target{})"  # most orders of a hundred lines fit then


class Migration(migrations.Migration):
    dependencies = [("customers", "0027_stores_of_customers_rows")]

    operations = [
        migrations.RunSQL(_IDS.format("EXTERNAL"), _IDS.format("EXTENDED")),
        migrations.RunSQL(_ROWS.format("SET", " = 8160"), _ROWS.format("RESET", "")),
    ]
