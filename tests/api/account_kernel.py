"""A Python process with a form in it, as a kernel is."""

from __future__ import annotations

import json
import os
import subprocess
import sys

# Evaluates lines of Python and answers in JSON; what the code prints goes to a file.
LOOP = """
import json, os, sys
answers = os.fdopen(os.dup(1), "w")
printed = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.dup2(printed, 1), os.dup2(printed, 2)
from lamin_widgets.lamin.account import Session
from lamin_widgets.lamin.client import DbServerClient
from lamin_widgets.core.errors import LaminWidgetsError
from lamin_widgets.core.secret import Secret

def attempt(call):
    try:
        return {"value": str(call())}
    except LaminWidgetsError as error:
        texts = [repr(error), str(error), error.details, repr(error.__context__)]
        return {"cause": error.cause, "texts": texts}

client = DbServerClient()
for line in sys.stdin:
    answers.write(json.dumps(eval(json.loads(line))) + "\\n")
    answers.flush()
"""
CHECKED = "attempt(lambda: client.check_access('a-server'))"


class Kernel:
    """A Python process with a form in it."""

    def __init__(self, folder, environ):
        self.settings = folder / "settings"
        self.settings.mkdir(exist_ok=True)
        self._printed = folder / "printed.txt"
        self.environ = {
            **os.environ,
            **environ,
            "LAMIN_SETTINGS_DIR": str(self.settings),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", LOOP, str(self._printed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.environ,
            text=True,
        )

    def ask(self, expression):
        self._process.stdin.write(json.dumps(expression) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def sign_in(self, key):
        return self.ask(f"attempt(lambda: Session().sign_in(Secret({key!r})).handle)")

    def in_a_terminal(self, code, key=""):
        """Do something in another process, as a person does in a terminal."""
        subprocess.run(
            [sys.executable, "-c", f"import sys, lamindb_setup\n{code}"],
            input=key,
            env=self.environ,
            check=True,
            capture_output=True,
            text=True,
        )

    @property
    def printed(self):
        return self._printed.read_text()

    @property
    def written(self):
        return sorted(p.name for p in self.settings.rglob("*") if p.is_file())

    def end(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
