"""A local sandbox to practice with: a Lamin API, a hub, and a PostgreSQL server.

```python
from lamin_widgets.sandbox import Sandbox

with Sandbox() as sandbox:
    print(sandbox.api_url, sandbox.database.port)
    sandbox.break_("wrong-password")
    sandbox.reset()
```

They listen on loopback addresses only, and have random passwords. At the end, all of
their files are deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lamin_widgets.sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]


def __getattr__(name: str) -> Any:
    # Import at first use, because `control` must work without the sandbox's extra.
    if name == "Sandbox":
        from lamin_widgets.sandbox.sandbox import Sandbox  # needs the extra

        return Sandbox
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
