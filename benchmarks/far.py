"""A relay that makes a server on loopback seem far away.

    python far.py <port> <seconds one way>

prints its port. Only what is sent is late, not the TCP connection itself.
"""

from __future__ import annotations

import asyncio
import sys


async def carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, late_s: float
) -> None:
    """Pass on what comes, each piece as late as the others."""
    loop = asyncio.get_running_loop()
    while piece := await reader.read(65_536):
        loop.call_later(late_s, writer.write, piece)
    loop.call_later(late_s, writer.close)


async def main() -> None:
    """Relay until killed."""
    port, late_s = int(sys.argv[1]), float(sys.argv[2])

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            carry(reader, back, late_s),
            carry(there, writer, late_s),
            return_exceptions=True,
        )

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
