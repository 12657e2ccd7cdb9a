"""A campaign that was started for the test inbox, so that none goes to real people because an account was connected meanwhile."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0052_message_keys_close_their_functions")]

    operations = [migrations.AddField("campaign", "begun_inside", models.BooleanField(db_default=False, default=False))]
