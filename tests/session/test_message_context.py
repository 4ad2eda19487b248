"""The context in which messages to a front end are sent."""

from __future__ import annotations

import asyncio
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor

import pytest
from security.attacker import open_form

from lamin_widgets.session.message_context import MessageContext


@pytest.fixture
def flushed(monkeypatch):
    """The threads in which Shiny's flush was called."""
    threads = []

    async def flush():
        threads.append(threading.get_ident())

    shiny = types.SimpleNamespace(flush=flush)
    monkeypatch.setitem(sys.modules, "shiny.reactive", shiny)
    return threads


def test_shiny_messages_are_sent_and_flushed_in_its_event_loop(flushed):
    async def session():
        context = MessageContext()
        sent = asyncio.Event()
        await asyncio.to_thread(context.call, sent.set)
        await asyncio.wait_for(sent.wait(), 10)
        await asyncio.sleep(0)

    def run():
        asyncio.run(session())
        return threading.get_ident()

    # Use another thread, because a browser of other tests has a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        assert flushed == [pool.submit(run).result(20)]


@pytest.mark.usefixtures("flushed")
def test_shiny_shows_the_newest_state_although_an_older_one_is_queued(monkeypatch):
    monkeypatch.setattr("security.attacker._Wire.__module__", "shinywidgets._comm")

    async def session():
        with open_form(greets=False, in_kernel=False) as page:
            worker = threading.Thread(target=page.widget.set_password, args=("pw-Wq7",))
            worker.start()
            worker.join()  # The loop can't show the worker's state meanwhile.
            page.send("forget-password")
            await asyncio.sleep(0)  # Now it does.
            return page.widget.has_password, page.view["fields"]["password"]["hint"]

    shown = (False, "Password cleared.")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(asyncio.run, session()).result(20) == shown


@pytest.mark.usefixtures("flushed")
def test_shiny_observers_of_an_outcome_set_values_of_the_page(monkeypatch):
    monkeypatch.setattr("security.attacker._Wire.__module__", "shinywidgets._comm")

    async def session():
        arguments = {"host": "127.0.0.1", "port": 1, "password": "pw-Wq7"}
        with open_form(greets=False, in_kernel=False, **arguments) as page:
            widget, ended = page.widget, asyncio.Event()

            def follow(_):
                widget.api_url = "https://other.example"
                ended.set()

            widget.observe(follow, "outcome")
            page.send("action", action="diagnose", values={})
            await asyncio.wait_for(ended.wait(), 10)
            return widget.has_password

    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(asyncio.run, session()).result(20)
