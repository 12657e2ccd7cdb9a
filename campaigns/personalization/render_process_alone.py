"""Begin the render process without what it never uses: `python -m campaigns.personalization.render_process_alone DESCRIPTOR`.

The library of templates names `asyncio` for loaders of files, of which there are none here. With what that brings along it would be a fifth
of this process's memory, and of its start.
"""

import sys
from types import ModuleType


def main() -> None:
    """Put an empty module in its place, then answer jobs until the input ends."""
    sys.modules["asyncio"] = ModuleType("asyncio")
    from campaigns.personalization import render_process

    render_process.main()


if __name__ == "__main__":
    main()
