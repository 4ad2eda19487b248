"""Where messages to a front end are sent from."""

from __future__ import annotations

import asyncio
import sys
import threading
import types

from lamin_widgets.session.message_context import MessageContext


def comm_of(module):
    return type("Comm", (), {"__module__": module})()


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join(10)


def test_context_of_a_kernel_sends_from_any_thread():
    ran = []
    context = MessageContext()
    comm = comm_of("ipykernel.comm.comm")
    in_thread(lambda: context.run(lambda: ran.append(threading.get_ident()), comm))
    assert len(ran) == 1
    assert ran != [threading.get_ident()]


def test_context_of_shiny_sends_from_its_event_loop_and_flushes(monkeypatch):
    flushed = []

    async def flush():
        flushed.append(threading.get_ident())

    shiny = types.SimpleNamespace(flush=flush)
    monkeypatch.setitem(sys.modules, "shiny.reactive", shiny)

    async def session():
        context = MessageContext()
        sent = asyncio.Event()
        comm = comm_of("shinywidgets._comm")
        await asyncio.to_thread(context.run, sent.set, comm)
        await asyncio.wait_for(sent.wait(), 10)
        await asyncio.sleep(0)

    asyncio.run(session())
    assert flushed == [threading.get_ident()]
