"""What was started before it was kept where it goes, in a store that never had an account: to the test inbox, and to real people it asks.

Where the store had one and has none now, nobody can say for whom it was started: it is looked at at once, so that it stops and asks.
"""

from django.db import migrations

_UNDER_WAY = "b.state IN ('scheduled', 'sending', 'paused') AND b.channel <> 'onsite' AND NOT b.begun_inside"
_ACCOUNTS = "SELECT FROM campaigns_connection WHERE store_id = b.store_id AND channel = b.channel"
_KEEP = f"UPDATE campaigns_campaign AS b SET begun_inside = true WHERE {_UNDER_WAY} AND NOT EXISTS ({_ACCOUNTS})"  # noqa: S608
_LOOK = f"""
    INSERT INTO stores_storework (store_id, kind, due_at, rung)
    SELECT DISTINCT b.store_id, 'campaigns', now(), 1 FROM campaigns_campaign AS b
    WHERE {_UNDER_WAY} AND NOT EXISTS ({_ACCOUNTS} AND active)
    ON CONFLICT (store_id, kind) DO UPDATE SET
        due_at = least(stores_storework.due_at, excluded.due_at), rung = stores_storework.rung + 1
"""  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0053_campaigns_begun_inside")]

    operations = [migrations.RunSQL(_KEEP, migrations.RunSQL.noop), migrations.RunSQL(_LOOK, migrations.RunSQL.noop)]
