"""A Lamin to practise on: an API, a hub and a PostgreSQL on this machine.

```python
from lamin_widgets.sandbox import Sandbox

with Sandbox() as box:
    print(box.api_url, box.database.port)
```

Everything listens on loopback only, has random passwords, and is gone when it stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lamin_widgets.sandbox.box import Sandbox

__all__ = ["Sandbox"]


def __getattr__(name: str) -> Any:
    # Lazy: a notebook that only wants the control client needs none of the extra.
    if name == "Sandbox":
        from lamin_widgets.sandbox.box import Sandbox  # noqa: PLC0415 - see above

        return Sandbox
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
