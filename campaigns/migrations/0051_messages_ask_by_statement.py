"""Messages ask once in a statement whether their customers and their version are there: a campaign writes ten thousand at once.

Their store needs no key of its own: a customer is never missing, and that one's store was checked.
"""

import django.db.models.deletion
from django.db import migrations, models

from retention.tenancy.statement_keys import StatementForeignKey


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0050_fewer_indexes_of_runs")]

    operations = [
        migrations.RemoveConstraint(model_name="message", name="message_customer_of_store"),
        migrations.RemoveConstraint(model_name="message", name="message_version_of_store"),
        migrations.AddConstraint(model_name="message", constraint=StatementForeignKey(field="customer", name="message_customer_of_store")),
        migrations.AddConstraint(
            model_name="message", constraint=StatementForeignKey(field="template_version", name="message_version_of_store")
        ),
        migrations.AlterField(
            model_name="message",
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
