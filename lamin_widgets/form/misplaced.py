"""Recognition of connection strings in fields for other values."""

from __future__ import annotations

import re
from typing import Final

_LONGEST_SEARCHED: Final = 16_384
_USER: Final = r"(?:user(?:[ _]?(?:id|name))?|uid|login)"
_PW: Final = r"(?:pass(?:word|wd|phrase)?|pwd|psw)"
_CONNECTION_STRING: Final = rf"""(?ix)
    ^["'`<\u201c\ufeff]{{0,3}}\s*(?:[$\#>%]\s+)?(?:export\s+|set\s+|\$env:)?(?:
        # URLs, alone or assigned to a name
        (?:[\w.-]{{1,64}}\s*[=:]\s*["']?)?
        (?:jdbc:|r2dbc:|(?:postgres|postgresql|pgsql|postgis)(?:\+\w+)?://)
      | [a-z][\w+.-]{{0,32}}://[^\s/?\#@:]*:[^\s/?\#]*@
      | [\w.-]{{1,64}}:(?!//)[^\r\n]*@
        # commands and variables
      | (?:\S{{0,255}}/)?(?:psql|pgcli|pg_dump|pg_restore|pg_isready)
        \s+(?:-|["']?(?:postgres|host))
      | PG[A-Z]+\s*=\s*\S
      | \w{{0,64}}(?:_URL|_URI|_DSN|\bDSN|\bURL)\s*=\s*\S
        # JSON
      | [\[{{][^\r\n]*["']\w{{0,64}}(?:host(?:name)?|{_USER}|{_PW})["']\s*:
        # a line of .pgpass, but not an IPv6 address
      | (?![\da-f:.%\[\]]+\s*$)(?:[^:\\\s]|\\.){{1,255}}:(?:\d{{1,5}}|\*):[^:]+:[^:]+:.
    )
    | (?:^|[\s;])(?:host|hostaddr|{_USER}|dbname|port)\s*=\s*\S
    | (?:^|[\s;])(?:[\w.-]{{0,64}}[_.-])?{_PW}\s*[:=]\s*\S
    | x-amz-(?:signature|credential)= | [?&]dbuser=
    """
"""A pattern that `re` compiles at its first use, because compiling it is slow."""


def looks_like_connection_string(text: str) -> bool:
    """Return whether a text looks like a connection string in any notation.

    The result is false for host names, IP addresses, server names, storage locations,
    and API URLs.
    """
    start = text[:_LONGEST_SEARCHED].lstrip()
    return re.search(_CONNECTION_STRING, start) is not None
