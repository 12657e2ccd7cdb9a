"""What is due is asked for by channel: of a million ready mails, whoever looks for a due SMS read them all, at each turn."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("campaigns", "0022_links_kept_once")]

    operations = [
        AddIndexConcurrently(
            "message",
            models.Index(fields=["store", "channel", "due_at", "id"], name="message_due", condition=models.Q(("state", "ready"))),
        ),
        RemoveIndexConcurrently("message", "message_ready"),
    ]
