"""The pages of the test inbox: a store's test mail, and the product's own."""
