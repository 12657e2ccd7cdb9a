"""Where a message's links lead moves into its row, and the index of what is being sent no longer names the lease."""

from django.db import migrations, models

_MOVE = """
    UPDATE campaigns_message AS message SET targets = told.targets
    FROM (
        SELECT store_id, message_id, jsonb_agg(target ORDER BY position) AS targets FROM campaigns_messagelink GROUP BY store_id, message_id
    ) AS told
    WHERE message.store_id = told.store_id AND message.id = told.message_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0004_content"),
        ("customers", "0021_who_is_known_in_a_place"),
        ("orders", "0006_narrower_lines_of_products"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="message",
            name="message_leased",
        ),
        migrations.AddField(
            model_name="message",
            name="targets",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.RunSQL(_MOVE, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("state", "sending")), fields=["store"], name="message_leased"),
        ),
        migrations.RemoveField(
            model_name="messagelink",
            name="message",
        ),
        migrations.RemoveField(
            model_name="messagelink",
            name="store",
        ),
        migrations.DeleteModel(
            name="MessageLink",
        ),
    ]
