"""The key of a customer who joined another, which links in old mails name them by."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0022_newest_buyers")]

    operations = [
        migrations.AddField("customermerge", "loser_pk", models.BigIntegerField(editable=False, null=True)),
        migrations.AddIndex("customermerge", models.Index(fields=["store", "loser_pk"], name="merge_of_loser")),
    ]
