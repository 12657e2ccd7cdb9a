"""A campaign that stopped because it would go elsewhere than it was started for says so, and not that it was changed."""

from django.db import migrations, models

_REASONS = [
    ("person", "Paused by a person"),
    ("missed", "Its time was missed by more than two hours"),
    ("segment", "A segment cannot be worked out"),
    ("changed", "It was changed after it was approved"),
    ("outside", "A provider was connected after it was started for the test inbox"),
    ("inside", "Its provider was taken out of use after it was started for real people"),
    ("complaints", "Too many people called it unwanted"),
    ("bounces", "Too many addresses do not exist"),
]


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0054_begun_inside_before_it_was_kept")]

    operations = [
        migrations.AlterField("campaign", "pause_reason", models.CharField(blank=True, choices=_REASONS, default="", max_length=10)),
    ]
