"""What the keys of messages run as owner may no longer be called by anybody, nor be led to a caller's own temporary table."""

from django.db import migrations

from retention.tenancy.statement_keys import RemakeFunctions


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0051_messages_ask_by_statement")]

    operations = [RemakeFunctions("message")]
