"""Runs are written anew at every step: room on their pages, and a vacuum that comes early."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0035_entering_journeys"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE campaigns_enrollment SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, "
            "autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0.02)",
            "ALTER TABLE campaigns_enrollment RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, "
            "autovacuum_analyze_scale_factor)",
        ),
    ]
