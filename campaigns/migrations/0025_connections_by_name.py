"""A store may use two accounts of one provider; what tells those in use apart is their name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0024_link_hosts")]

    operations = [
        migrations.RemoveConstraint("connection", "connection_active_once"),
        migrations.AddConstraint(
            "connection",
            models.UniqueConstraint(condition=models.Q(("active", True)), fields=("store", "channel", "name"), name="connection_name_once"),
        ),
    ]
