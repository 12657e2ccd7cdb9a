"""Fill the folded copies of what customers told before there were any."""

import json

from django.db import migrations, transaction

from retention.kit.words import fold

COLUMNS = {"first_name": 100, "gender": 20, "language": 10, "city": 100, "region": 100, "postcode": 20}
READ = f"""
    SELECT id, interests::text, {", ".join(COLUMNS)} FROM customers_customer
    WHERE id > %s AND (interests <> '[]' OR {" OR ".join(f"{name} <> ''" for name in COLUMNS)}) ORDER BY id LIMIT 2000 FOR NO KEY UPDATE
"""  # noqa: S608 - made of constants
WRITE = f"""
    UPDATE customers_customer AS customer SET interests_key = found.interests, {", ".join(f"{name}_key = found.{name}" for name in COLUMNS)}
    FROM jsonb_to_recordset(%s::jsonb) AS found(id bigint, interests jsonb, {", ".join(f"{name} text" for name in COLUMNS)})
    WHERE customer.id = found.id
"""  # noqa: S608 - made of constants


def fold_texts(apps, schema_editor):
    """Fill the copies in batches; running it twice changes nothing."""
    last = 0
    while True:
        with transaction.atomic(using=schema_editor.connection.alias), schema_editor.connection.cursor() as cursor:
            cursor.execute(READ, [last])
            rows = cursor.fetchall()
            if not rows:
                break
            last = rows[-1][0]
            cursor.execute(WRITE, [json.dumps([_folded(row) for row in rows])])


def _folded(row):
    number, interests, *texts = row
    folded = {name: fold(text.strip())[:longest] for (name, longest), text in zip(COLUMNS.items(), texts, strict=True)}
    liked = [fold(str(one).strip()) for one in json.loads(interests)]
    return {"id": number, "interests": list(dict.fromkeys(liked)), **folded}


class Migration(migrations.Migration):
    atomic = False  # customers are written meanwhile: each batch holds its own rows and no others
    dependencies = [
        ("customers", "0018_folded_texts_and_what_changed"),
    ]

    operations = [migrations.RunPython(fold_texts, migrations.RunPython.noop)]
