"""Random ids for many rows at once are UUIDs of version 4, all different."""

from uuid import RFC_4122, UUID

from retention.kit.random_ids import random_id_bytes, random_ids


def test_they_are_of_version_4_and_all_different():
    found = [UUID(text) for text in random_ids(500)] + [UUID(bytes=one) for one in random_id_bytes(500)]
    assert {(one.version, one.variant) for one in found} == {(4, RFC_4122)}
    assert len(set(found)) == 1000


def test_every_bit_left_to_chance_is_both():
    found = [UUID(bytes=one).int for one in random_id_bytes(400)]
    either = both = found[0]
    for one in found:
        either, both = either | one, both & one
    assert (either ^ both).bit_count() == 122


def test_none_are_none():
    assert (random_ids(0), random_id_bytes(0)) == ([], [])
