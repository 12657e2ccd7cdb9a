"""No index of messages names their state: to record how one ended writes none of them.

PostgreSQL writes all indexes of a row anew when a column changes that any of them names, in its condition too. A column that says whether a
message waits changes when it leaves and comes back, and not when its end is written down.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("campaigns", "0046_flights_of_what_is_being_sent")]

    operations = [
        migrations.AddField(
            "message",
            "is_ready",
            models.GeneratedField(
                db_persist=True,
                expression=models.ExpressionWrapper(models.Q(("state", "ready")), output_field=models.BooleanField()),
                output_field=models.BooleanField(),
            ),
        ),
        AddIndexConcurrently(
            "message",
            models.Index(fields=["store", "channel", "due_at", "id"], name="message_waiting", condition=models.Q(("is_ready", True))),
        ),
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["store", "customer", "-first_attempt_at"],
                name="message_contacted",
                condition=models.Q(("first_attempt_at__isnull", False)),
            ),
        ),
        RemoveIndexConcurrently("message", "message_due"),
        RemoveIndexConcurrently("message", "message_contacts"),
        RemoveIndexConcurrently("message", "message_leased"),
    ]
