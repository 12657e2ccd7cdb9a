"""Lines of an order that waits in an import stand between marks, not in quotation marks: what waits at this moment is turned over."""

from django.db import migrations

_TURN = """
    UPDATE customers_importrow AS thing SET
        lines = ARRAY[
            array_to_string(read.products, read.mark) || read.mark, array_to_string(read.names, read.mark) || read.mark, thing.lines[3]
        ],
        "values" = CASE WHEN read.mark = chr(31) THEN "values" ELSE jsonb_set("values", '{mark}', to_jsonb(read.mark)) END
    FROM (
        SELECT waiting.id, products, names, (
            SELECT mark FROM unnest(ARRAY[chr(31), chr(30), chr(29), chr(28), chr(1), chr(2), chr(3)]) WITH ORDINALITY AS each(mark, place)
            ORDER BY position(mark IN waiting.lines[1] || waiting.lines[2]) > 0, place LIMIT 1
        ) AS mark
        FROM customers_importrow AS waiting, LATERAL (
            SELECT concat('{', waiting.lines[1], '}')::text[] AS products, concat('{', waiting.lines[2], '}')::text[] AS names OFFSET 0
        ) AS told
        WHERE waiting.lines IS NOT NULL
    ) AS read WHERE thing.id = read.id
"""
_BACK = """
    UPDATE customers_importrow AS thing SET
        lines = ARRAY[
            substring(read.products::text FROM 2 FOR length(read.products::text) - 2),
            substring(read.names::text FROM 2 FOR length(read.names::text) - 2), thing.lines[3]
        ],
        "values" = "values" - 'mark'
    FROM (
        SELECT id, trim_array(string_to_array(lines[1], coalesce("values" ->> 'mark', chr(31))), 1) AS products,
            trim_array(string_to_array(lines[2], coalesce("values" ->> 'mark', chr(31))), 1) AS names
        FROM customers_importrow WHERE lines IS NOT NULL
    ) AS read WHERE thing.id = read.id
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0012_lines_by_their_place"), ("customers", "0026_import_unsettled")]

    operations = [migrations.RunSQL(_TURN, _BACK)]
