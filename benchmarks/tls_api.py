"""The guide's two calls over TLS, in a separate process that answers at once.

    python tls_api.py <certificate.pem>

prints its port. A check of a server called ``reply-1024`` is answered with so many
bytes.
"""

from __future__ import annotations

import json
import re
import socket
import sys
from typing import Any

import uvicorn

PIECE = 65_536


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer as in the guide."""
    while (await receive()).get("more_body"):
        pass
    is_register = scope["path"].endswith("/register")
    asked = re.search(rb"name=reply-(\d+)", scope["query_string"])
    text = "Successfully registered" if is_register else "Connection successful"
    body = json.dumps({"message": text, "success": True}).encode()
    size = max(len(body), int(asked[1]) if asked else 0)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(size).encode()),
    ]
    status = 201 if is_register else 200
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for start in range(0, size, PIECE):  # piece by piece, as a network would
        piece = body[start:].ljust(min(PIECE, size - start))
        more = start + PIECE < size
        await send({"type": "http.response.body", "body": piece, "more_body": more})


def main() -> None:
    """Serve until killed."""
    # with the protocol spelled out, else Nagle's algorithm delays replies
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    certificate = sys.argv[1]
    print(sock.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app,
        ssl_certfile=certificate,
        ssl_keyfile=certificate,
        lifespan="off",
        log_level="error",
    )
    uvicorn.Server(config).run(sockets=[sock])


if __name__ == "__main__":
    main()
