"""A run says what it is about, of which one goes at a time, and keeps in mind what its steps need."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0032_holdout_by_size"),
    ]

    operations = [
        migrations.AddField(
            model_name="enrollment",
            name="about",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddField(
            model_name="enrollment",
            name="memory",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AlterField(
            model_name="enrollment",
            name="occurrence",
            field=models.CharField(max_length=160),
        ),
        migrations.AddConstraint(
            model_name="enrollment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running"), models.Q(("about", ""), _negated=True)),
                fields=("store", "customer", "journey", "about"),
                name="enrollment_one_at_a_time",
            ),
        ),
    ]
