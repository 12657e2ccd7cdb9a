"""Every module says what lives there; every public class and function of the product says what it does; names are the house's."""

import ast
from pathlib import Path

from tests.house.tree import PACKAGES, files, name_of, parsed

SAMPLES = "tests/house/semgrep/"  # faults on purpose, for the local rules
NO_ROOMS = {"utils", "util", "helpers", "helper", "services", "managers", "common", "misc"}


def _product() -> list[Path]:
    return [path for path in files(".py", under=PACKAGES) if "/migrations/" not in name_of(path)]


def _silent(path: Path) -> list[str]:
    """Return the public classes and functions of a file that say nothing; a model's Meta and its choices need no words."""
    found = [] if ast.get_docstring(parsed(path)) or not path.read_text().strip() else [f"{name_of(path)}: no module docstring"]
    for node in parsed(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
            found.append(f"{name_of(path)}: {node.name} has no docstring")
    return found


def test_modules_classes_and_functions_say_what_they_are_for() -> None:
    assert [line for path in _product() for line in _silent(path)] == []


def test_no_room_is_named_for_nothing() -> None:
    found = [name_of(path) for path in files(".py") if NO_ROOMS & {part.removesuffix(".py") for part in path.parts}]
    assert found == []


def test_every_test_folder_is_a_package() -> None:
    folders = {path.parent for path in files(".py", under=("tests",)) if SAMPLES not in name_of(path)}
    assert [name_of(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"})


def _goes_on(handler: ast.ExceptHandler) -> bool:
    """Say whether the handler raises again at its end, so that it only tidies up."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_no_bare_exception_is_caught() -> None:
    """Unexpected faults propagate. A place that must end one thing so that others go on says so in RESCUES."""
    found = []
    for path in _product():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ExceptHandler) and _catches_all(node) and not _goes_on(node):
                found.append(f"{name_of(path)}:{node.lineno}")
    assert [place for place in found if place.rpartition(":")[0] not in RESCUES] == []


RESCUES: dict[str, str] = {
    "campaigns/personalization/render.py": "a filter that fails on a value nobody foresaw costs its message, not all shops' process",
    "retention/intake/reading.py": "one event nobody foresaw refuses itself, its neighbours are stored",
    "retention/intake/shops/applying.py": "one delivery fails with its reason, the next ones are carried out",
    "retention/webhooks/sending.py": "one receiver's odd answer is a failed try, the other stores' deliveries go on",
    "campaigns/recovery/noticing.py": "one shopper nobody foresaw is left out with a log line, the others' departures are decided",
    "campaigns/sending/batches.py": "what cannot be begun ahead fails at its own turn, the mails made already leave first",
    "campaigns/tasks.py": "one store's failing plan ends its own turn, the other stores have theirs",
    "retention/customers/importing/running.py": "a batch that breaks ends its import, the store's next one goes on",
}
