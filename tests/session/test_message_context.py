"""The context in which messages to a front end are sent."""

from __future__ import annotations

import asyncio
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor

from lamin_widgets.session.message_context import MessageContext


def test_shiny_messages_are_sent_and_flushed_in_its_event_loop(monkeypatch):
    flushed = []

    async def flush():
        flushed.append(threading.get_ident())

    shiny = types.SimpleNamespace(flush=flush)
    monkeypatch.setitem(sys.modules, "shiny.reactive", shiny)

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
