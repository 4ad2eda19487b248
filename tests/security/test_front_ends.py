"""Secret by front end: what the server's side sends, logs, and stores has no secret.

`tests/browser` runs the same front ends with a browser.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from doubles.processes import start_command
from security.leak_scanner import SECRETS, find_leaks
from security.watching import written

NAMES = ("jupyter", "marimo", "solara", "shiny")
"""Front ends to play in. "jupyter" covers Voilà, nbclassic, VS Code, and Colab, which
use the same messages."""
VALUE, PLANTED = SECRETS["markup"], SECRETS["delimiters"]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Everything that each front end showed, without and with a planted secret."""
    homes = {name: tmp_path_factory.mktemp(name) for name in NAMES}
    running = {name: _start(name, home) for name, home in homes.items()}
    shown = {}
    for name, process in running.items():
        with written(homes[name]) as files:
            output, logs = process.communicate(json.dumps([VALUE, PLANTED]), 120)
        assert process.returncode == 0, logs[-2000:]
        sent, planted = json.loads(output)
        files = "\n".join(files)
        shown[name] = {"sent": sent, "logs": logs, "files": files, "planted": planted}
    return shown


def _start(name, home):
    folders = ("HOME", "LAMIN_SETTINGS_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    environ = os.environ | dict.fromkeys(folders, str(home))
    # A sign-in ends before anything is sent.
    environ |= {"LAMIN_ENV": "custom", "SUPABASE_API_URL": "http://hub.example.org"}
    environ |= {"PYTHONWARNINGS": "ignore", "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False"}
    environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = (sys.executable, "-m", f"security.front_ends.in_{name}")
    return start_command(*command, env=environ, cwd=home, stderr=subprocess.PIPE)


@pytest.mark.parametrize("channel", ["sent", "logs", "files"])
@pytest.mark.parametrize("name", NAMES)
def test_front_end_does_not_send_log_or_store_a_secret(played, name, channel):
    assert not find_leaks(played[name][channel], VALUE)


@pytest.mark.parametrize("name", NAMES)
def test_planted_leak_of_a_front_end_is_found(played, name):
    assert find_leaks(played[name]["planted"], PLANTED)


@pytest.mark.parametrize("name", NAMES)
def test_front_end_messages_include_the_whole_journey(played, name):
    for sentence in ("refused the connection", "Kept in memory only"):
        assert sentence in played[name]["sent"]
