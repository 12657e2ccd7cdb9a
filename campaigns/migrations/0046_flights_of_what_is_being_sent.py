"""What is being sent while this runs belongs to a flight too, so that whoever sweeps finds it. Senders rest meanwhile, as at every update."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0045_flights")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO campaigns_flight (store_id, holder, message_ids, begun_at) "
            "SELECT store_id, coalesce(holder, gen_random_uuid()), array_agg(id), now() FROM campaigns_message WHERE state = 'sending' "
            "GROUP BY store_id, holder",
            migrations.RunSQL.noop,
        ),
    ]
