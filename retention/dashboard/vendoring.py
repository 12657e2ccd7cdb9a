"""Bring the front-end files of other projects into `static/vendor/`, exactly and repeatably.

Run by hand (`python -m retention.dashboard.vendoring`) after `static/vendor/vendor.json` changed; never at set-up, start or test.
Knows no Django. Nothing else in the product downloads code: copy an entry of `vendor.json` to add a library.
"""

import base64
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parents[2] / "static"
LIST = STATIC / "vendor" / "vendor.json"
_SOURCE_MAP = re.compile(rb"\s*(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S+)\s*$")


class VendorError(Exception):
    """A package could not be brought in: not what its integrity says, or without a file the list names."""


def registry() -> str:
    """Return the package registry's address: NPM_REGISTRY, else what npm itself is set to."""
    chosen = os.environ.get("NPM_REGISTRY")
    if not chosen:
        asked = subprocess.run(["npm", "config", "get", "registry"], capture_output=True, text=True, check=True)  # noqa: S607 - npm from PATH, by hand only
        chosen = asked.stdout.strip()
    return chosen.rstrip("/")


def fetch_tarball(name: str, *, version: str) -> bytes:
    """Download one exact package version and return the bytes of its archive."""
    archive = f"{name.rsplit('/', 1)[-1]}-{version}.tgz"
    with urllib.request.urlopen(f"{registry()}/{name}/-/{archive}", timeout=120) as answer:  # noqa: S310 - https registry, by hand only
        return bytes(answer.read())


def integrity_of(data: bytes) -> str:
    """Return the sub-resource integrity text (sha512) npm writes for these bytes."""
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()


def sha256_of(data: bytes) -> str:
    """Return the hexadecimal SHA-256 of these bytes."""
    return hashlib.sha256(data).hexdigest()


def read_members(tarball: bytes) -> dict[str, bytes]:
    """Return every plain file of an npm archive by its path below `package/`."""
    with tarfile.open(fileobj=io.BytesIO(tarball), mode="r:gz") as archive:
        found = {}
        for member in archive:
            handle = archive.extractfile(member) if member.isfile() else None
            if handle is not None:
                found[member.name.split("/", 1)[1]] = handle.read()
        return found


def without_source_map(data: bytes) -> bytes:
    """Return the file without its closing source map comment (the map itself is not shipped)."""
    return _SOURCE_MAP.sub(b"\n", data)


def cut_sprite(members: dict[str, bytes], *, icons: list[str], stroke_width: str) -> bytes:
    """Join Tabler icons into one sprite: a `<symbol>` per name; names ending in -filled come from the filled set."""
    symbols = [_symbol(members, name, stroke_width=stroke_width) for name in sorted(icons)]
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def _symbol(members: dict[str, bytes], name: str, *, stroke_width: str) -> str:
    filled = name.endswith("-filled")
    path = f"icons/filled/{name.removesuffix('-filled')}.svg" if filled else f"icons/outline/{name}.svg"
    if path not in members:
        raise VendorError(f"There is no icon {name} in the package ({path}).")
    inner = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", members[path].decode(), flags=re.S)
    inner = re.sub(r'<path[^>]*d="M0 0h24v24H0z"[^>]*/>', "", inner)
    inner = re.sub(r"\s*\n\s*", "", inner).replace(" />", "/>")
    paint = (
        'fill="currentColor"'
        if filled
        else f'fill="none" stroke="currentColor" stroke-width="{stroke_width}" stroke-linecap="round" stroke-linejoin="round"'
    )
    return f'<symbol id="{name}" viewBox="0 0 24 24" {paint}>{inner}</symbol>'


def bring_in(package: dict[str, Any], *, static: Path) -> None:
    """Fetch one entry of the list, check it, write its files and note their hashes in the entry."""
    tarball = fetch_tarball(package["name"], version=package["version"])
    found = integrity_of(tarball)
    if package.setdefault("integrity", found) != found:
        raise VendorError(f"{package['name']} {package['version']} is not what the list says: {found}")
    members = read_members(tarball)
    for file in package["files"]:
        if file["from"] not in members:
            raise VendorError(f"{package['name']} has no file {file['from']}.")
        _write(static, file, without_source_map(members[file["from"]]))
    for kept in package.get("kept", []):
        kept["sha256"] = sha256_of((static / kept["to"]).read_bytes())
    if "sprite" in package:
        sprite = package["sprite"]
        _write(static, sprite, cut_sprite(members, icons=sprite["icons"], stroke_width=sprite["stroke_width"]))


def _write(static: Path, entry: dict[str, Any], data: bytes) -> None:
    path = static / entry["to"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    entry["sha256"] = sha256_of(data)


def main() -> int:
    """Bring in every package of the list (or those named), then write the list back with its hashes."""
    content = json.loads(LIST.read_text())
    wanted = set(sys.argv[1:])
    for package in content["packages"]:
        if not wanted or package["name"] in wanted:
            bring_in(package, static=STATIC)
            print(f"{package['name']} {package['version']}: {len(package['files'])} files")
    LIST.write_text(json.dumps(content, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
