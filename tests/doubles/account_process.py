"""A Python process that signs in with the real lamindb_setup, as a kernel does.

lamindb_setup keeps the user in globals, and leaves connections open, so it has no place
in the process of the tests.
"""

from __future__ import annotations

import json
import os
import sys

import trustme

from doubles.processes import start_command

# The process evaluates expressions, and replies in JSON. Its other output goes to a
# file.
_LOOP = """
import importlib, json, os, pathlib, sys
answers = os.fdopen(os.dup(1), "w")
printed = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.dup2(printed, 1), os.dup2(printed, 2)
from concurrent.futures import ThreadPoolExecutor
from lamin_widgets.core.errors import LaminWidgetsError
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin import account
from lamin_widgets.lamin.account import Session, hub_url
from lamin_widgets.lamin.client import DbServerClient

def attempt(call):
    try:
        return {"value": str(call())}
    except LaminWidgetsError as error:
        texts = [repr(error), str(error), error.details, repr(error.__context__)]
        return {"cause": error.cause, "facts": error.facts, "texts": texts}

replaced = []

def replace(module, name, *value):
    module = importlib.import_module(module)
    replaced.append((module, name, getattr(module, name)))
    setattr(module, name, *value) if value else delattr(module, name)

def fresh(folder, environ):
    while replaced:
        setattr(*replaced.pop())
    os.environ.clear()
    os.environ.update(environ)
    if "lamindb_setup" in sys.modules:
        import httpx_retries
        import lamindb_setup
        httpx_retries.Retry.sleep = lambda *_: None  # It tries again without a pause.
        from lamindb_setup.core import _settings_store
        _settings_store.settings_dir = pathlib.Path(folder) / ".lamin"
        _settings_store.settings_dir.mkdir(exist_ok=True)
        lamindb_setup.settings._user_settings = None
    global session
    session = Session()

session = Session()
for line in sys.stdin:
    answers.write(json.dumps(eval(json.loads(line))) + "\\n")
    answers.flush()
"""


class AccountProcess:
    """A Python process with a `Session`.

    Args:
        folder: For the settings of lamindb_setup, and for what the process prints.
        environ: Environment variables beside those of this process.
    """

    def __init__(self, folder, environ):
        self.settings = folder
        self._printed = folder / "printed.txt"
        # httpx reads the CA certificates for each client, and a file with one is fast.
        self._authority = folder / "ca.pem"
        trustme.CA().cert_pem.write_to_path(self._authority)
        self.environ = self._environment(environ)
        command = (sys.executable, "-c", _LOOP, str(self._printed))
        self._process = start_command(*command, env=self.environ)

    def _environment(self, environ):
        own = {"LAMIN_SETTINGS_DIR": self.settings, "SSL_CERT_FILE": self._authority}
        return {**os.environ, **environ, **{key: str(own[key]) for key in own}}

    def fresh(self, folder, environ):
        """Start again with other settings and another environment."""
        self.settings = folder
        self.environ = self._environment(environ)
        self.ask(f"fresh({str(folder)!r}, {self.environ!r})")
        self._printed.write_text("")

    def ask(self, expression):
        """Return the value of an expression."""
        self._process.stdin.write(json.dumps(expression) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def attempt(self, expression):
        """Return the value of an expression, or the error that it raises."""
        return self.ask(f"attempt(lambda: {expression})")

    def sign_in(self, key, *, remember=True):
        """Sign in."""
        arguments = f"Secret({key!r}), remember={remember}"
        return self.attempt(f"session.sign_in({arguments}).handle")

    def replace(self, module, name, *value):
        """Replace a name of a module until the next start, or delete it.

        Args:
            module: The module.
            name: The name.
            *value: An expression. Without one, the name is deleted.
        """
        self.ask(f"replace({', '.join([repr(module), repr(name), *value])})")

    def setenv(self, **environ):
        """Set environment variables until the next start."""
        self.ask(f"os.environ.update({environ!r})")

    def token(self):
        """Return the access token in use."""
        return self.ask("session.current().token.reveal()")

    @property
    def printed(self):
        """The output of the process."""
        return self._printed.read_text()

    @property
    def stored(self):
        """The files that lamindb_setup has stored, by name."""
        return {path.name: path.read_text() for path in self.settings.rglob("*.env")}

    def end(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
