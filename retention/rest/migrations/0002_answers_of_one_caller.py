"""Kept answers belong to the API key that asked, not to whoever in the store sends the same Idempotency-Key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rest", "0001_initial")]

    operations = [
        migrations.AddField(model_name="keptanswer", name="caller", field=models.BigIntegerField(db_default=0, default=0)),
        migrations.RemoveConstraint(model_name="keptanswer", name="kept_answer_once"),
        migrations.AddConstraint(
            model_name="keptanswer", constraint=models.UniqueConstraint(fields=("store", "caller", "key"), name="kept_answer_once")
        ),
    ]
