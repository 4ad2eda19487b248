"""Fixtures that keep the attacks fast."""

from __future__ import annotations

import gc
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


@pytest.fixture
def only_new_objects():
    """Leave out older objects from a search of the memory, which takes seconds."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
