"""Folded copies of the texts that segments compare, and what news is about."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0017_lighter_import_rows"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="city_key",
            field=models.CharField(blank=True, db_collation="C", db_default="", default="", editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name="customer",
            name="first_name_key",
            field=models.CharField(blank=True, db_collation="C", db_default="", default="", editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name="customer",
            name="gender_key",
            field=models.CharField(blank=True, db_collation="C", db_default="", default="", editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name="customer",
            name="interests_key",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list, editable=False),
        ),
        migrations.AddField(
            model_name="customer",
            name="language_key",
            field=models.CharField(blank=True, db_collation="C", db_default="", default="", editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name="customer",
            name="postcode_key",
            field=models.CharField(blank=True, db_collation="C", db_default="", default="", editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name="customer",
            name="region_key",
            field=models.CharField(blank=True, db_collation="C", db_default="", default="", editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name="pending",
            name="about",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
    ]
