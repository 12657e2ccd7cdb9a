"""A campaign may hold back as many as its size asks for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0031_windows_for_crediting_orders")]

    operations = [
        migrations.AddField(model_name="campaign", name="holdout_by_size", field=models.BooleanField(db_default=False, default=False)),
    ]
