"""Lines of orders and refunds carry no index and no check that another one makes needless."""

import django.db.models.deletion
from django.db import migrations, models


def _store() -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        editable=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="stores.store",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0004_labels_and_touched_baskets"),
    ]

    operations = [
        migrations.AlterField(model_name="orderline", name="store", field=_store()),
        migrations.AlterField(model_name="refundline", name="store", field=_store()),
        migrations.AlterField(
            model_name="orderline",
            name="order",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="orders.order",
            ),
        ),
        migrations.AlterField(
            model_name="refundline",
            name="refund",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="orders.refund",
            ),
        ),
    ]
