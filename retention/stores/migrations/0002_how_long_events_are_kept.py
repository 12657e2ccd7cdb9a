"""How long a store keeps its events; none: for good, as before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stores", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="store",
            name="event_months",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="events are kept for months"),
        ),
        migrations.AddConstraint(
            model_name="store",
            constraint=models.CheckConstraint(condition=models.Q(("event_months__range", (1, 120))), name="store_keeps_events_for_months"),
        ),
    ]
