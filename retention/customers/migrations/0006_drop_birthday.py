"""The old birthday leaves, and the new profile columns are held to their rules."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_split_birthdays")]

    operations = [
        migrations.RemoveField(
            model_name="customer",
            name="birthday",
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(("birth_md", None), models.Q(("birth_md__gte", 101), ("birth_md__lte", 1231)), _connector="OR"),
                name="customer_birth_day_of_a_year",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(("birth_year", None), models.Q(("birth_year__gte", 1900), ("birth_year__lte", 2100)), _connector="OR"),
                name="customer_birth_year_sane",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(("phone", ""), ("phone__startswith", "+"), _connector="OR"), name="customer_phone_e164"
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(("country", ""), ("country__regex", "^[A-Z]{2}$"), _connector="OR"), name="customer_country_iso"
            ),
        ),
    ]
