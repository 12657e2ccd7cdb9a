"""Who comes back is written anew within their page, where there is room: no index names when somebody was seen last."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0029_imports_half_in_were_not_counted")]

    operations = [
        migrations.RunSQL("ALTER TABLE customers_customer SET (fillfactor = 70)", "ALTER TABLE customers_customer RESET (fillfactor)"),
    ]
