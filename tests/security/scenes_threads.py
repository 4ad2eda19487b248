"""What nobody expects, raised below an action in its worker thread, and around it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import threading
from typing import TYPE_CHECKING, Any
from unittest import mock

import lamindb_setup
import psycopg2
from hooks import listen_to, run
from requests.adapters import HTTPAdapter
from scenes_form import form, send
from world import REGION

import lamin_widgets.lamin.account
from lamin_widgets import DbServerClient, PostgresConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from watching import Seen
    from world import World

    from lamin_widgets import DbServerWidget

PATIENCE_S = 20
OURS = re.compile("lamin-widgets|look_up")


class Panic(BaseException):
    """Not an `Exception`, as of extensions in Rust, and not made without a text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)


class Mute(RuntimeError):
    """Cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("cannot be shown")


UNEXPECTED = (RuntimeError, Mute, Panic)


@contextlib.contextmanager
def raising(
    seen: Seen,
    owner: Any,
    name: str,
    kind: type[BaseException],
    value: str,
    left: Callable[[], Any] = lambda: None,
) -> Iterator[None]:
    """Let what the package calls fail, with the secret in all that it raises.

    Args:
        seen: Given the package's own frames at that moment.
        owner: Of the function.
        name: Of the function.
        kind: What is raised.
        value: The secret.
        left: Makes an object that lives as long as the failing frame.
    """

    def fail(*arguments: Any, **named: Any) -> Any:
        held = [value, arguments, named, left()]
        seen.stack(sys._getframe(1))
        raise kind(f"cannot use {value} of {held[:1]}")

    with mock.patch.object(owner, name, fail):
        yield


@contextlib.contextmanager
def page_lost(widget: DbServerWidget) -> Iterator[None]:
    """Let the page be gone when it is told what came out, which a worker does."""

    def lost(_type: str, data: Any = None, **_: Any) -> None:
        if {"activity", "account"} & {*(data or {}).get("state", {})}:
            raise RuntimeError("the page is gone")

    with mock.patch.object(widget.comm, "publish_msg", lost):
        yield


@contextlib.contextmanager
def until_threads_end() -> Iterator[None]:
    """Wait for the threads that are started in here."""
    before = set(threading.enumerate())
    yield
    while ours := [
        thread
        for thread in set(threading.enumerate()) - before
        if OURS.search(thread.name)
    ]:
        for thread in ours:
            if thread.ident is not None:  # else it is about to start
                thread.join(PATIENCE_S)


def unexpected_password(world: World, seen: Seen, value: str) -> None:
    """The password is in what requests and psycopg2 raise."""
    client = DbServerClient(world.sandbox.api_url, world.sandbox.issue_token())
    connection = PostgresConnection("127.0.0.1", 5432, value)
    with form(seen, client=client, password=value, name="x") as widget:
        widget.host = world.sandbox.database.host
        widget.port = world.sandbox.database.port
        for kind in UNEXPECTED:
            with raising(seen, HTTPAdapter, "send", kind, value):
                seen.failing(lambda: client.register("x", connection, REGION))
            with raising(seen, psycopg2, "connect", kind, value):
                seen.add("outcomes", widget.diagnose().to_dict())
            with raising(seen, DbServerClient, "register", kind, value):
                seen.add("outcomes", widget.register().to_dict())
        with raising(seen, HTTPAdapter, "send", RuntimeError, value):
            with page_lost(widget), until_threads_end():
                widget.register()
            run(_pressed(widget, seen))
    client.close()


async def _pressed(widget: DbServerWidget, seen: Seen) -> None:
    """Press a button in an event loop, as a kernel's, with callbacks that fail."""
    loop = widget._callbacks.loop = asyncio.get_running_loop()
    listen_to(loop, seen.uncaught)
    ended = asyncio.Event()

    def fail(outcome: Any) -> None:
        raise RuntimeError("a callback failed")

    def panic(outcome: Any) -> None:
        ended.set()
        raise Panic("a callback failed")

    widget.on_outcome(fail)
    widget.on_outcome(panic)
    send(widget, "action", action="register", values={})
    await asyncio.wait_for(ended.wait(), PATIENCE_S)


def unexpected_key(world: World, seen: Seen, value: str) -> None:
    """The API key is in what lamindb_setup raises."""
    with form(seen) as widget:
        for kind in UNEXPECTED:
            with raising(seen, lamindb_setup, "login", kind, value):
                seen.add("outcomes", widget.sign_in(value).to_dict())
        with (
            raising(seen, lamindb_setup, "login", RuntimeError, value),
            page_lost(widget),
            until_threads_end(),
        ):
            widget.sign_in(value)


def unexpected_token(world: World, seen: Seen, value: str) -> None:
    """The token is in what requests and lamindb_setup raise."""
    client = DbServerClient(world.sandbox.api_url, value)
    with form(seen, client=client, name="x") as widget:
        for kind in UNEXPECTED:
            with raising(seen, HTTPAdapter, "send", kind, value):
                seen.add("outcomes", widget.test().to_dict())
                seen.failing(lambda: client.check_access("x"))
        with (
            raising(seen, HTTPAdapter, "send", RuntimeError, value),
            page_lost(widget),
            until_threads_end(),
        ):
            widget.test()
    client.close()
    with form(seen) as widget:
        for kind in UNEXPECTED:
            with raising(seen, lamin_widgets.account, "_read_account", kind, value):
                with until_threads_end():
                    send(widget, "hello")
                with page_lost(widget), until_threads_end():
                    send(widget, "hello")
