"""No second index where one of store and row answers the same question: these tables are written for every message or opening."""

import django.db.models.deletion
from django.db import migrations, models


def pointing(to: str, name: str, *, null: bool = False) -> models.ForeignKey:
    """Return a reference without an index of its own."""
    return models.ForeignKey(
        db_constraint=False, db_index=False, null=null, on_delete=django.db.models.deletion.CASCADE, related_name=name, to=to
    )


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0014_content")]

    operations = [
        migrations.AlterField("opening", "message", pointing("campaigns.message", "openings")),
        migrations.AlterField("opening", "customer", pointing("customers.customer", "+")),
        migrations.AlterField("decision", "customer", pointing("customers.customer", "+")),
        migrations.AlterField("onsitemessage", "message", pointing("campaigns.message", "onsite")),
        migrations.AlterField("coupon", "customer", pointing("customers.customer", "coupons", null=True)),
    ]
