"""Register and Test over TLS on loopback, and replies of any size."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import requests
import trustme
from kernel import HERE
from rows import Row, alternate, median, ms, ratios, seconds

from lamin_widgets import DbServerClient, PostgresConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME, HOST, PASSWORD = "my-postgres-server", "db.example.org", "zq7:Lm/9@vT kX"
REGION = "prod-us-east-1"
TOKEN = "token-of-the-benchmark"
AWAY_S = 0.02
"""A round trip to an API in the same part of the world."""
URL = f"postgresql://postgres:{quote(PASSWORD, safe='')}@{HOST}:5432/postgres"


NEAR = """The API replies at once, from its own process. One connection instead of two \
saves time, and redaction, deadline, and Cancel cost some."""
AWAY = """As with a real API: a request arrives half a round trip later. The TCP \
handshake isn't delayed, which is to the script's advantage."""


@contextlib.contextmanager
def api() -> Iterator[str]:
    """Serve the two calls over TLS, with a certificate that this process trusts."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        trusted, own = Path(folder, "ca.pem"), Path(folder, "own.pem")
        authority.cert_pem.write_to_path(str(trusted))
        certificate.private_key_and_cert_chain_pem.write_to_path(str(own))
        os.environ |= {"REQUESTS_CA_BUNDLE": str(trusted), "NO_PROXY": "127.0.0.1"}
        try:
            with serve("tls_api.py", str(own)) as port:
                yield f"https://127.0.0.1:{port}"
        finally:
            os.environ.clear()
            os.environ.update(before)


@contextlib.contextmanager
def serve(script: str, *arguments: str) -> Iterator[int]:
    """Run a server in a separate process, and give its port."""
    with subprocess.Popen(
        [sys.executable, str(HERE / script), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # it warns if a reply isn't read to its end
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


@contextlib.contextmanager
def far(url: str) -> Iterator[str]:
    """Put a delay of `AWAY_S` in front of a server on loopback."""
    base, _, port = url.rpartition(":")
    with serve("far.py", port, str(AWAY_S / 2)) as away:
        yield f"{base}:{away}"


def ours(url: str) -> None:
    """Send both calls with a new client, as the form does."""
    client = DbServerClient(url, TOKEN)
    client.register(NAME, PostgresConnection(HOST, 5432, PASSWORD), REGION)
    client.check_access(NAME)
    client.close()


def guide(url: str) -> None:
    """Run the script of Lamin's guide, without its two `print`."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    body = {"name": NAME, "url": URL, "api_server_name": REGION}
    registered = requests.post(f"{url}/db/server/register", json=body, headers=headers)
    registered.json()
    tested = requests.post(
        f"{url}/db/server/checks-access?name={NAME}", headers=headers
    )
    tested.json()


def bare(url: str) -> None:
    """Send both calls with one `requests.Session`, the lower bound."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        body = {"name": NAME, "url": URL, "api_server_name": REGION}
        session.post(f"{url}/db/server/register", json=body).json()
        session.post(f"{url}/db/server/checks-access?name={NAME}").json()


def calls_rows(url: str, times: int, where: str, note: str) -> list[Row]:
    """Time both calls in turns."""
    mine, script, session = alternate(
        times,
        *(lambda call=call: seconds(lambda: call(url)) for call in (ours, guide, bare)),
        warm_up=5,
    )
    what = f"the two calls: Register + Test over TLS {where}"
    return [
        Row(
            f"{what} ÷ the guide's script",
            ms(mine),
            ms(script),
            ms(session),
            ratios(mine, script),
            "≤ 0.80",
            median(mine) <= 0.8 * median(script),
            note,
        ),
        Row(
            f"{what} ÷ a bare requests.Session",
            ms(mine),
            "-",
            ms(session),
            ratios(mine, session),
            "≤ 1.15",
            median(mine) <= 1.15 * median(session),
        ),
    ]


def reply_row(url: str, sizes: tuple[int, ...] = (1_000, 2_000_000, 64_000_000)) -> Row:
    """Read replies of growing size."""
    threads = threading.active_count()
    client = DbServerClient(url, TOKEN)
    found = []
    for bytes_ in sizes:
        name = f"reply-{bytes_}"

        def check(name: str = name) -> None:
            with contextlib.suppress(Exception):  # its end is missing
                client.check_access(name)

        check()
        took = median([rested(check) for _ in range(15)])
        tracemalloc.start()
        check()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        found.append((bytes_, took, peak))
    client.close()
    (_, at_2_mb, peak_at_2_mb), (_, at_end, peak_at_end) = found[-2:]
    slower, larger = at_end / at_2_mb, peak_at_end / peak_at_2_mb
    return Row(
        "growth: reply of " + ", ".join(_size(bytes_) for bytes_, _, _ in found),
        ", ".join(f"{took * 1000:.0f}" for _, took, _ in found)
        + " ms; at most "
        + ", ".join(f"{peak / 1e6:.1f}" for _, _, peak in found)
        + " MB",
        "-",
        "-",
        f"{slower:.2f} in time, {larger:.2f} in memory from 2 MB on",
        "≤ 2 and ≤ 1.5: level",
        slower <= 2 and larger <= 1.5 and threading.active_count() <= threads,
        "The client reads 1 MB of a reply at most, and closes the connection. The next "
        "call waits until the server has noticed that.",
    )


def rested(call: Callable[[], None]) -> float:
    """Time a call after a pause, in which the server ends the previous reply."""
    time.sleep(0.1)
    return seconds(call)


def _size(bytes_: int) -> str:
    return (
        f"{bytes_ // 1_000_000} MB" if bytes_ >= 1_000_000 else f"{bytes_ // 1000} KB"
    )


def rows(times: int = 40) -> list[Row]:
    """Measure."""
    with api() as url, far(url) as away:
        return [
            *calls_rows(url, times, "on loopback", NEAR),
            *calls_rows(away, times, f"{AWAY_S * 1000:.0f} ms away", AWAY),
            reply_row(url),
        ]
