"""The shop's own moment of a variant's cost, so that one told late does not overwrite a newer one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_products_prices_and_stock")]

    operations = [migrations.AddField(model_name="variant", name="cost_reported_at", field=models.DateTimeField(null=True))]
