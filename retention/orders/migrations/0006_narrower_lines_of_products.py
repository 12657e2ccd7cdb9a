"""The lines of a product are found by the product alone: without the order in it, the index keeps each product once."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # pages and projection read and write lines meanwhile
    dependencies = [("orders", "0005_lighter_lines")]

    operations = [
        AddIndexConcurrently(model_name="orderline", index=models.Index(fields=["store", "product_id"], name="order_line_of_product")),
        RemoveIndexConcurrently(model_name="orderline", name="order_line_by_product"),
    ]
