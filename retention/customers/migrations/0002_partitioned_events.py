"""Events lie in monthly partitions by the moment they reached us, message ids in eight hash partitions; existing rows move over."""

import retention.tenancy.constraints
from django.db import migrations
from django.utils import timezone

from retention.tenancy.partitions import guard, make_months_of

EVENTS, KEYS = "customers_customerevent", "customers_eventkey"
HASH_PARTS = 8
EVENT_COLUMNS = (
    "id, public_id, kind, name, anonymous_id, external_id, properties, context, occurred_at, received_at, trusted, projected_at, refusal, "
    "customer_id, store_id"
)
MAKE_EVENTS = """
    ALTER TABLE customers_customerevent RENAME TO customers_customerevent_whole;
    CREATE SEQUENCE customers_customerevent_number AS bigint;
    CREATE TABLE customers_customerevent (
        id bigint NOT NULL DEFAULT nextval('customers_customerevent_number'),
        public_id uuid NOT NULL,
        kind varchar(10) NOT NULL,
        name varchar(120) NOT NULL,
        anonymous_id varchar(200) NOT NULL,
        external_id varchar(200) NOT NULL,
        properties jsonb NOT NULL,
        context jsonb NOT NULL,
        occurred_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        trusted boolean NOT NULL,
        projected_at timestamptz,
        refusal varchar(200) NOT NULL,
        customer_id bigint,
        store_id bigint NOT NULL,
        backfill boolean NOT NULL DEFAULT false,
        source varchar(20) NOT NULL DEFAULT 'api',
        CONSTRAINT customers_customerevent_key PRIMARY KEY (id, received_at)
    ) PARTITION BY RANGE (received_at);
    ALTER SEQUENCE customers_customerevent_number OWNED BY customers_customerevent.id;
    CREATE TABLE customers_customerevent_default PARTITION OF customers_customerevent DEFAULT;
"""
FILL_EVENTS = f"INSERT INTO {EVENTS} ({EVENT_COLUMNS}) SELECT {EVENT_COLUMNS} FROM {EVENTS}_whole"  # noqa: S608 - names above
FINISH_EVENTS = """
    SELECT setval('customers_customerevent_number', greatest((SELECT max(id) FROM customers_customerevent_whole), 1));
    DROP TABLE customers_customerevent_whole;
    CREATE INDEX event_timeline ON customers_customerevent (store_id, customer_id, occurred_at DESC, id DESC);
    CREATE INDEX event_arrived ON customers_customerevent (store_id, received_at DESC, id DESC);
    CREATE INDEX event_unprojected ON customers_customerevent (store_id, occurred_at, id) WHERE projected_at IS NULL;
    ALTER TABLE customers_customerevent ADD CONSTRAINT event_store FOREIGN KEY (store_id) REFERENCES stores_store (id)
        DEFERRABLE INITIALLY DEFERRED;
"""
MAKE_KEYS = """
    ALTER TABLE customers_eventkey RENAME TO customers_eventkey_whole;
    CREATE TABLE customers_eventkey (
        key bytea NOT NULL,
        seen_on date NOT NULL,
        store_id bigint NOT NULL,
        CONSTRAINT customers_eventkey_key PRIMARY KEY (store_id, key)
    ) PARTITION BY HASH (key);
"""
FINISH_KEYS = """
    INSERT INTO customers_eventkey (key, seen_on, store_id) SELECT key, seen_on, store_id FROM customers_eventkey_whole;
    DROP TABLE customers_eventkey_whole;
    CREATE INDEX event_key_age ON customers_eventkey (seen_on);
    ALTER TABLE customers_eventkey ADD CONSTRAINT event_key_store FOREIGN KEY (store_id) REFERENCES stores_store (id)
        DEFERRABLE INITIALLY DEFERRED;
"""
RULES = {
    "CustomerEvent": [
        retention.tenancy.constraints.StoreForeignKey(field="customer", name="event_customer_of_store"),
        retention.tenancy.constraints.StoreIsolation(name="event_isolation"),
        retention.tenancy.constraints.RolePolicy(command="INSERT", name="event_for_ingest", role="boomerang_ingest"),
    ],
    "EventKey": [
        retention.tenancy.constraints.StoreIsolation(name="event_key_isolation"),
        retention.tenancy.constraints.RolePolicy(command="INSERT", name="event_key_for_ingest", role="boomerang_ingest"),
        retention.tenancy.constraints.RolePolicy(command="SELECT", name="event_key_read_by_ingest", role="boomerang_ingest"),
    ],
}


def partition(apps, schema_editor):
    """Make both tables anew in parts, move the rows, and guard parent and parts alike."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(MAKE_EVENTS)
        cursor.execute("SELECT min(received_at) FROM customers_customerevent_whole")
        (first,) = cursor.fetchone()
        _add_rules(apps, schema_editor, "CustomerEvent")
        guard(cursor, table=EVENTS, partition=f"{EVENTS}_default")
        make_months_of(cursor, table=EVENTS, column="received_at", now=timezone.now(), first=first)
        cursor.execute(FILL_EVENTS)
        cursor.execute(FINISH_EVENTS)
        cursor.execute(MAKE_KEYS)
        _add_rules(apps, schema_editor, "EventKey")
        for part in range(HASH_PARTS):
            cursor.execute(f"CREATE TABLE {KEYS}_{part} PARTITION OF {KEYS} FOR VALUES WITH (modulus {HASH_PARTS}, remainder {part})")
            guard(cursor, table=KEYS, partition=f"{KEYS}_{part}")
        cursor.execute(FINISH_KEYS)


def _add_rules(apps, schema_editor, name):
    model = apps.get_model("customers", name)
    for rule in RULES[name]:
        schema_editor.execute(rule.create_sql(model, schema_editor), params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0001_initial"),
    ]

    operations = [migrations.RunPython(partition)]
