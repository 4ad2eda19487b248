"""Kernels that listen on Unix sockets.

jupyter_client chooses TCP ports before a kernel opens them, so another process can take
one meanwhile. The kernel then can't start, and Jupyter tries the same ports again.
"""

from __future__ import annotations

import contextlib
import tempfile
from typing import TYPE_CHECKING

from traitlets.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

UNIX_SOCKETS = {"transport": "ipc"}
"""Options of `KernelManager` for a Jupyter server."""


@contextlib.contextmanager
def unix_sockets() -> Iterator[Config]:
    """Yield the configuration for a `NotebookClient`.

    The folder isn't that of the test, because the path of a socket has at most 107
    characters.
    """
    with tempfile.TemporaryDirectory(prefix="kernel-") as folder:
        yield Config(KernelManager={**UNIX_SOCKETS, "ip": f"{folder}/kernel"})
