"""Files of other projects are exactly what `vendor.json` says, offline; nothing lies there that it does not name."""

import json
from pathlib import Path

import pytest

from retention.dashboard.vendoring import LIST, STATIC, cut_sprite, integrity_of, sha256_of, without_source_map

PACKAGES = json.loads(LIST.read_text())["packages"]
ENTRIES = [
    entry
    for package in PACKAGES
    for entry in [*package["files"], *package.get("kept", []), *([package["sprite"]] if "sprite" in package else [])]
]


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["to"] for entry in ENTRIES])
def test_file_has_the_hash_it_came_with(entry: dict[str, str]) -> None:
    assert sha256_of((STATIC / entry["to"]).read_bytes()) == entry["sha256"]


def test_nothing_unlisted_lies_among_the_vendored_files() -> None:
    found = {str(path.relative_to(STATIC)) for path in (STATIC / "vendor").rglob("*") if path.is_file()}
    assert found - {"vendor/vendor.json"} == {entry["to"] for entry in ENTRIES if entry["to"].startswith("vendor/")}


@pytest.mark.parametrize("package", PACKAGES, ids=[package["name"] for package in PACKAGES])
def test_package_is_exact_licensed_and_pinned(package: dict[str, object]) -> None:
    assert str(package["integrity"]).startswith("sha512-")
    assert package["licence"] in {"MIT", "0BSD", "OFL-1.1"}
    listed = json.dumps(package)
    assert "LICENSE" in listed
    assert str(package["version"]) in listed.replace(f'"version": "{package["version"]}"', "")


def test_no_source_map_is_promised() -> None:
    texts = [path for path in (STATIC / "vendor").rglob("*") if path.suffix in {".css", ".js"}]
    assert [path.name for path in texts if b"sourceMappingURL=" in path.read_bytes()[-300:]] == []
    assert without_source_map(b"a{}\n/*# sourceMappingURL=a.css.map */\n") == b"a{}\n"


def test_no_address_of_a_registry_stands_in_the_list() -> None:
    assert "://" not in LIST.read_text()


def test_sprite_is_cut_in_order_with_one_stroke(tmp_path: Path) -> None:
    outline = b'<svg xmlns="x" width="24">\n  <path stroke="none" d="M0 0h24v24H0z" fill="none"/>\n  <path d="M1 1" />\n</svg>\n'
    sprite = cut_sprite(
        {"icons/outline/b.svg": outline, "icons/filled/a.svg": outline}, icons=["b", "a-filled"], stroke_width="1.75"
    ).decode()
    assert sprite.index('id="a-filled"') < sprite.index('id="b"')
    assert sprite.count("M0 0h24v24H0z") == 0
    assert 'stroke-width="1.75"' in sprite
    assert integrity_of(b"") == "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
