"""Tell the migrations what 0002 made: two more columns of an event, and a message id that is its own key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_partitioned_events"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(model_name="customerevent", name="event_of_store"),
                migrations.RemoveConstraint(model_name="eventkey", name="event_key_once"),
                migrations.RemoveField(model_name="eventkey", name="id"),
                migrations.AddField(model_name="customerevent", name="backfill", field=models.BooleanField(default=False)),
                migrations.AddField(model_name="customerevent", name="source", field=models.CharField(default="api", max_length=20)),
                migrations.AddField(
                    model_name="eventkey",
                    name="pk",
                    field=models.CompositePrimaryKey("store_id", "key", blank=True, editable=False, primary_key=True, serialize=False),
                ),
            ],
        ),
    ]
