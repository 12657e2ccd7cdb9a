"""Fewer and narrower indexes of messages, and room in their pages.

Each change of a message's state writes all its indexes anew, three times for one mail; five of them nobody asked, or only for rows that hold
no value. Reserving changes nothing that is indexed: with half a page free it writes no index at all.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def pointing(to: str, on_delete: object, *, null: bool) -> models.ForeignKey:
    """Return a reference without an index of its own."""
    return models.ForeignKey(db_constraint=False, db_index=False, null=null, on_delete=on_delete, related_name="messages", to=to)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("campaigns", "0005_sending")]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(fields=["store", "cart"], name="message_of_cart", condition=models.Q(("cart__isnull", False))),
        ),
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                fields=["store", "connection"], name="message_of_connection", condition=models.Q(("connection__isnull", False))
            ),
        ),
        migrations.AlterField("message", "customer", pointing("customers.customer", django.db.models.deletion.CASCADE, null=False)),
        migrations.AlterField("message", "enrollment", pointing("campaigns.enrollment", django.db.models.deletion.SET_NULL, null=True)),
        migrations.AlterField("message", "cart", pointing("orders.cart", django.db.models.deletion.SET_NULL, null=True)),
        migrations.AlterField(
            "message", "template_version", pointing("campaigns.templateversion", django.db.models.deletion.PROTECT, null=False)
        ),
        migrations.AlterField("message", "connection", pointing("campaigns.connection", django.db.models.deletion.SET_NULL, null=True)),
        migrations.RunSQL("ALTER TABLE campaigns_message SET (fillfactor = 50)", "ALTER TABLE campaigns_message RESET (fillfactor)"),
    ]
