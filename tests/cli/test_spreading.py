"""How many processes share the tests of a run."""

import pytest

from retention.cli.words.test import PROCESSES, spread

ALL, ONE = ["-n", PROCESSES, "--dist", "worksteal"], ["-n", "0", "--dist", "worksteal"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ALL),
        (["--deep"], ALL),
        (["tests/stores"], ALL),
        (["tests/stores", "-k", "invitation"], ALL),
        (["tests/stores/test_keys.py", "tests/cli/test_run.py"], ALL),
        (["tests/stores/test_keys.py", "tests/cli"], ALL),
        (["tests/stores/test_keys.py", "-x", "-q"], ONE),
        (["tests/stores/test_keys.py::test_a[b.py/c]"], ONE),
        (["-n", "4", "tests/stores"], []),
        (["--numprocesses=1"], []),
    ],
    ids=lambda value: " ".join(value),
)
def test_a_single_file_has_one_process_and_all_else_two(arguments: list[str], expected: list[str]) -> None:
    assert spread(arguments) == expected
