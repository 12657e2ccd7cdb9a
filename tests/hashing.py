"""Passwords of tests are hashed with the product's method and the least of its work: what is shown does not rest on how long it takes."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class LightArgon2(Argon2PasswordHasher):
    """Argon2id in half a millisecond in place of a tenth of a second. A hash says its own cost, so that a real server can read it."""

    time_cost = 1
    memory_cost = 64
    parallelism = 1
