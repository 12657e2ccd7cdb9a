"""Of an import of people that is half in at this moment only the rest would be counted, and a part is not shown as if it were all."""

from django.db import migrations

_NOTE = """
    UPDATE customers_import SET totals = totals || '{"uncounted": "1"}'
    WHERE kind = 'customers' AND state IN ('running', 'paused') AND new_count + changed_count > 0
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0028_imports_keep_long_values_as_they_are")]

    operations = [migrations.RunSQL(_NOTE, migrations.RunSQL.noop)]
