"""The fulfillment floor."""
