"""A replay counts its tries and when it moved last, so that one that cannot be counted ends."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0047_no_index_names_the_state")]

    operations = [
        migrations.AddField("journeyreplay", "tries", models.PositiveSmallIntegerField(default=0, db_default=0)),
        migrations.AddField("journeyreplay", "moved_at", models.DateTimeField(null=True)),
        migrations.AddField("journeyreplay", "gave_up", models.BooleanField(default=False, db_default=False)),
    ]
