"""Name resolution without a name server, which could be slow."""

from __future__ import annotations

import ipaddress
import socket

import pytest


@pytest.fixture(autouse=True, scope="session")
def _no_name_server():
    """Resolve only the names of this machine."""
    find = socket.getaddrinfo

    def find_address(host, *arguments, **named):
        name = host.decode() if isinstance(host, bytes) else host
        if name not in {None, "", "localhost"}:
            try:
                ipaddress.ip_address(name.partition("%")[0])
            except ValueError:
                raise socket.gaierror(
                    socket.EAI_NONAME, "Name or service not known"
                ) from None
        return find(host, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", find_address)
        yield
