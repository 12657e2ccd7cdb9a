"""What was asked and approved of a campaign, a winner before its hour, and mails without the picture that tells of an opening."""

from django.db import migrations, models

REASONS = [
    ("person", "Paused by a person"),
    ("missed", "Its time was missed by more than two hours"),
    ("segment", "A segment cannot be worked out"),
    ("changed", "It was changed after it was approved"),
    ("complaints", "Too many people called it unwanted"),
    ("bounces", "Too many addresses do not exist"),
]


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0017_shares_of_connections")]

    operations = [
        migrations.AddField("campaign", "asked_mark", models.CharField(blank=True, db_default="", default="", max_length=64)),
        migrations.AddField("campaign", "approved_mark", models.CharField(blank=True, db_default="", default="", max_length=64)),
        migrations.AddField("campaign", "measure_opens", models.BooleanField(db_default=True, default=True)),
        migrations.AddField("campaign", "decide_count", models.PositiveIntegerField(null=True)),
        migrations.AlterField("campaign", "pause_reason", models.CharField(blank=True, choices=REASONS, default="", max_length=10)),
        migrations.AddConstraint(
            "campaign",
            models.CheckConstraint(
                condition=models.Q(
                    ("decide_count", None), models.Q(("decide_count__gte", 50), ("test_share__isnull", False)), _connector="OR"
                ),
                name="campaign_lead_is_of_a_test",
            ),
        ),
        migrations.AddField(
            "brand", "measure_opens", models.BooleanField(db_default=True, default=True, verbose_name="opens are measured")
        ),
    ]
