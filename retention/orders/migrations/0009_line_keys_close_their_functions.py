"""What the keys of lines run as owner may no longer be called by anybody, nor be led to a caller's own temporary table."""

from django.db import migrations

from retention.tenancy.statement_keys import RemakeFunctions


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_lines_ask_by_statement")]

    operations = [RemakeFunctions("orderline")]
