"""What was decided about a departure is said without the word ladder, which no page explains; nothing changes in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0038_only_proven_test_numbers")]

    operations = [
        migrations.AlterField(
            model_name="departure",
            name="decision",
            field=models.CharField(
                choices=[
                    ("entered", "Gets the messages of the plan"),
                    ("held_out", "Gets nothing, to compare with"),
                    ("shadow", "Would get the messages of the plan"),
                    ("draft", "The cell is a draft"),
                    ("paused", "The cell is paused"),
                    ("empty", "The cell is empty on purpose"),
                    ("hole", "Nobody decided about this cell"),
                    ("already", "Already had a message about it"),
                    ("bought", "Bought meanwhile"),
                    ("unreachable", "No channel of the plan may be used"),
                    ("replaced", "Went further, and another cell took over"),
                    ("past", "Happened before the plan was there"),
                    ("ordered", "Ordered in this visit"),
                    ("nowhere", "Left at none of the stages"),
                ],
                max_length=12,
            ),
        ),
    ]
