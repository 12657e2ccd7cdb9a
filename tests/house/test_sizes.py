"""Nothing grows past what one can hold in mind: files, functions and templates have a budget. Exceptions carry a reason."""

import ast
from pathlib import Path

import pytest

from tests.house.tree import files, name_of, parsed

FILE_LINES, TEST_LINES, FUNCTION_LINES, TEMPLATE_LINES = 400, 500, 60, 120
EXCEPTIONS: dict[str, str] = {}


def lines_of(path: Path) -> int:
    """Return how many lines a file has."""
    return path.read_text(encoding="utf-8").count("\n")


def functions_of(path: Path) -> list[tuple[int, str]]:
    """Return (lines, name) of every function in a Python file; the decorators count, the docstring does not."""
    found = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
            said = node.body[0] if ast.get_docstring(node) else None
            docstring = (said.end_lineno or said.lineno) - said.lineno + 1 if said else 0
            found.append(((node.end_lineno or first) - first + 1 - docstring, f"{name_of(path)}:{node.name}"))
    return found


def _tests(path: Path) -> bool:
    return name_of(path).startswith("tests/")


def _over(found: list[tuple[int, str]], budget: int) -> list[str]:
    return [f"{name}: {lines} lines, {budget} allowed" for lines, name in found if lines > budget and name not in EXCEPTIONS]


def test_files_and_functions_stay_inside_the_budget(capsys: pytest.CaptureFixture[str]) -> None:
    python = [path for path in files(".py") if "/migrations/" not in name_of(path)]
    product = [(lines_of(path), name_of(path)) for path in python if not _tests(path)]
    tests = [(lines_of(path), name_of(path)) for path in python if _tests(path)]
    functions = [entry for path in python for entry in functions_of(path)]
    with capsys.disabled():
        print(
            "".join(
                f"\nlargest {what}: {max(found)[1]}, {max(found)[0]} lines" for what, found in (("file", product), ("function", functions))
            )
        )
    assert _over(product, FILE_LINES) + _over(tests, TEST_LINES) + _over(functions, FUNCTION_LINES) == []


def test_templates_and_front_end_files_stay_inside_the_budget() -> None:
    templates = [(lines_of(path), name_of(path)) for path in files(".html", under=("templates", "retention", "campaigns"))]
    front = [(lines_of(path), name_of(path)) for path in files(".js", ".css", under=("static",))]
    assert _over(templates, TEMPLATE_LINES) + _over(front, FILE_LINES) == []


def test_every_exception_is_still_needed() -> None:
    sizes = {name: lines for path in files(".py") for lines, name in [(lines_of(path), name_of(path)), *functions_of(path)]}
    assert [name for name in EXCEPTIONS if sizes.get(name, 0) <= FUNCTION_LINES] == []


def test_a_long_function_is_found(tmp_path: Path) -> None:
    body = "\n".join(f"    number_{line} = {line}" for line in range(FUNCTION_LINES))
    sample = tmp_path / "sample.py"
    sample.write_text(f"def long():\n    '''Say it.'''\n{body}\n")
    node = ast.parse(sample.read_text()).body[0]
    assert node.end_lineno == FUNCTION_LINES + 2
