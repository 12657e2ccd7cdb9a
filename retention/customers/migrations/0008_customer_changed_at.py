"""When what is known of a customer last changed, so that others can ask for what is new; kept by the database itself."""

import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models

PROFILE = (
    "email", "phone", "first_name", "last_name", "gender", "birth_year", "birth_md", "interests", "language", "zone", "city", "region",
    "postcode", "country", "attributes", "orders_count", "spent_minor", "first_order_at", "last_order_at",
)  # fmt: skip
DIFFERS = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in PROFILE)


class Migration(migrations.Migration):
    dependencies = [("customers", "0007_breaks_and_pace")]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="changed_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False
            ),
        ),
        migrations.AddIndex(model_name="customer", index=models.Index(fields=["store", "changed_at"], name="customer_by_change")),
        migrations.RunSQL(
            sql=f"""
                CREATE FUNCTION customers_note_change() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN NEW.changed_at := clock_timestamp(); RETURN NEW; END $$;
                CREATE TRIGGER customers_changed BEFORE UPDATE ON customers_customer
                FOR EACH ROW WHEN ({DIFFERS}) EXECUTE FUNCTION customers_note_change();
            """,
            reverse_sql="""
                DROP TRIGGER customers_changed ON customers_customer;
                DROP FUNCTION customers_note_change();
            """,
        ),
    ]
