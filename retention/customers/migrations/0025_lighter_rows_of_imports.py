"""What is read out of a file is found by fewer indexes, and asks once in a statement whether its import is there.

The rows of files are there only while these are brought in, so their indexes are made at once. An identity needs no index by the customer
alone: all questions name the store.
"""

import django.db.models.deletion
from django.db import migrations, models

from retention.tenancy.statement_keys import StatementForeignKey


class Migration(migrations.Migration):
    dependencies = [("customers", "0024_columns_of_lines")]

    operations = [
        migrations.RemoveConstraint(model_name="importrow", name="import_row_import_of_store"),
        migrations.RemoveIndex(model_name="importrow", name="import_row_by_outcome"),
        migrations.AlterField(
            model_name="importrow",
            name="of_import",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="things",
                to="customers.import",
            ),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(
                condition=models.Q(("outcome", ""), _negated=True),
                fields=["store", "of_import", "outcome", "id"],
                name="import_row_by_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=StatementForeignKey(field="of_import", name="import_row_import_of_store"),
        ),
        migrations.AlterField(
            model_name="identity",
            name="customer",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="identities",
                to="customers.customer",
            ),
        ),
    ]
