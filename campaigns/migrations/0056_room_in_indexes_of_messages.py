"""Room in the indexes of messages that grow at their end, for the second entry of each message.

What passes the gate is written into every index anew, while its first entry still stands there. Pages that were filled to nine tenths are then
cleared entry by entry, or split, and end up half full. Those that are half full from the beginning take it as it comes, and are as large at the
end. Only pages that are made from now on: nothing is rewritten.
"""

from django.db import migrations

_FILLED_TO = {
    "campaigns_message_pkey": 50,
    "message_of_store": 50,
    "message_of_customer": 50,
    "message_of_cart": 50,
    "message_once": 65,  # at half, its wide entries would leave it larger in the end
}


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0055_campaigns_that_turned_say_so")]

    operations = [
        migrations.RunSQL(f"ALTER INDEX {name} SET (fillfactor = {percent})", f"ALTER INDEX {name} RESET (fillfactor)")
        for name, percent in _FILLED_TO.items()
    ]
