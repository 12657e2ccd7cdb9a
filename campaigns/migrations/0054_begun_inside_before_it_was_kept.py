"""What was started before it was kept where it goes, in a store without an account: it goes to the test inbox, and to real people asks."""

from django.db import migrations

_KEEP = """
    UPDATE campaigns_campaign AS b SET begun_inside = true
    WHERE state IN ('scheduled', 'sending', 'paused') AND channel <> 'onsite' AND NOT begun_inside AND NOT EXISTS (
        SELECT FROM campaigns_connection WHERE store_id = b.store_id AND channel = b.channel AND active
    )
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0053_campaigns_begun_inside")]

    operations = [migrations.RunSQL(_KEEP, migrations.RunSQL.noop)]
