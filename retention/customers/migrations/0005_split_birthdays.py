"""Birthdays become a day and a year, and names get the folded copies that search reads."""

from django.db import migrations

from retention.kit.words import fold

BIRTHDAYS = """
    UPDATE customers_customer SET birth_year = extract(year FROM birthday),
        birth_md = extract(month FROM birthday) * 100 + extract(day FROM birthday)
    WHERE birthday IS NOT NULL AND birth_md IS NULL AND extract(year FROM birthday) BETWEEN 1900 AND 2100
"""
NAMES = """
    SELECT id, first_name, last_name FROM customers_customer
    WHERE id > %s AND name_key = '' AND (first_name <> '' OR last_name <> '') ORDER BY id LIMIT 2000
"""
WRITE = """
    UPDATE customers_customer AS customer SET name_key = found.name_key, last_name_key = found.last_name_key
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS found(id, name_key, last_name_key) WHERE customer.id = found.id
"""


def split(apps, schema_editor):
    """Fill the new columns, names in batches; running it twice changes nothing."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(BIRTHDAYS)
        last = 0
        while True:
            cursor.execute(NAMES, [last])
            rows = cursor.fetchall()
            if not rows:
                break
            last = rows[-1][0]
            names = [fold(f"{first} {family}".strip())[:201] for _, first, family in rows]
            cursor.execute(WRITE, [[row[0] for row in rows], names, [fold(row[2])[:100] for row in rows]])


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_profiles_counters_and_consent_history"),
    ]

    operations = [migrations.RunPython(split, migrations.RunPython.noop)]
