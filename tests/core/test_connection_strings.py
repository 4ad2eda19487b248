"""Connection strings that the parser reads, and those that it refuses."""

from __future__ import annotations

import json
import traceback
from contextlib import suppress

import psycopg2
import pytest
from doubles.timing import takes_linear_time
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import parse_dsn

from lamin_widgets.core import hosts
from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.connection_strings import LONGEST_STRING, read, token_name
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import Secret

H = "db.example.org"

READ = {
    "URI": [
        (f"postgresql://postgres:Xq7!z@{H}:5433/postgres", 5433, "Xq7!z"),
        (f"postgresql://postgres:Xq7!z@{H}/postgres", None, "Xq7!z"),
        (f"postgresql://postgres@{H}/postgres", None, None),
        (f"postgresql://{H}:6000", 6000, None),
        (f"postgresql://postgres:p%40ss%2Fw@{H}/postgres", None, "p@ss/w"),
        (f"postgresql://postgres:q@{H}/postgres?schema=x&pgbouncer=1", None, "q"),
        (f"postgresql://{H}?user=postgres&password=Xq7!z&port=7", 7, "Xq7!z"),
        (f"postgresql://{H}/postgres?password=it's;'", None, "it's;'"),
        (f"POSTGRESQL://postgres:Xq7!z@{H}/postgres", None, "Xq7!z"),
        (f"postgresql+psycopg2://postgres:Xq7!z@{H}/postgres", None, "Xq7!z"),
        (f"postgis://postgres:Xq7!z@{H}/postgres", None, "Xq7!z"),
        (f"postgresql://postgres:pa@rd@{H}/postgres", None, "pa@rd"),
        (f"postgresql://postgres:12/34@{H}/postgres", None, "12/34"),
        (f"postgresql://postgres:p@s/w@x@{H}:5/postgres", 5, "p@s/w@x"),
        (f"postgresql://postgres:100%41%zz@{H}/postgres", None, "100%41%zz"),
        (f"postgresql://postgres:a#b?c&d=e@{H}/postgres", None, "a#b?c&d=e"),
        (f"postgresql://postgres:two words@{H}/postgres", None, "two words"),
        (f"postgresql://postgres:two #words@{H}/postgres", None, "two #words"),
        (f"postgresql://postgres:it's\"so\\@{H}/postgres", None, "it's\"so\\"),
        (f"postgresql://postgres:p%w@{H}/postgres?application_name=a@b", None, "p%w"),
        (f"postgresql://postgres:pa@rd#x@{H}:5433", 5433, "pa@rd#x"),
        (f"psql postgresql://postgres:pa@rd&x@{H}/postgres", None, "pa@rd&x"),
        (f"postgresql://{H}/postgres?user=postgres&password=p=a@rd", None, "p=a@rd"),
        (f"postgresql://{H}:5433?password=pa@rd", 5433, "pa@rd"),
        (f"postgresql://{H}/postgres?schema=x&name=a@b", None, None),
        (f"'postgresql://postgres:Xq7!z@{H}/postgres'", None, "Xq7!z"),
        (f"\u201cpostgresql://postgres:Xq7!z@{H}/postgres\u201d", None, "Xq7!z"),
        (f"<postgresql://postgres:Xq7!z@{H}/postgres>", None, "Xq7!z"),
        (f"\ufeffpostgresql://postgres:Xq7!z@{H}/postgres", None, "Xq7!z"),
        (f"postgresql://postgres:Xq7!z@{H}:5432/postgres;", 5432, "Xq7!z"),
        (f'postgresql://postgres:Xq7!z@{H}:5432/postgres"', 5432, "Xq7!z"),
        (f"Connection string: postgresql://postgres:q@{H}/postgres", None, "q"),
        (f"postgresql://postgres:Xq7!z@{H}/postgres # production", None, "Xq7!z"),
        (f"postgresql://postgres:q@{H}/postgres // ask a@example.com", None, "q"),
        (f"postgresql://postgres:q@{H}:6000 -- production", 6000, "q"),
        (f"DATABASE_URL=postgresql://postgres:q@{H}/postgres # prod", None, "q"),
        (f"DATABASE_URL=postgresql://postgres:q@{H}:1/postgres # a@b.org", 1, "q"),
        (f"DATABASE_URL=postgresql://postgres:q@{H}\nMAIL_FROM=a@b.org", None, "q"),
        (f"export DATABASE_URL='postgres://postgres:a@b@{H}/postgres'", None, "a@b"),
        (f'export URL="postgres://postgres:p#w@{H}/postgres" # prod', None, "p#w"),
        (f'db_url = "postgresql://postgres:q@{H}/postgres",', None, "q"),
        (f"ENV DATABASE_URL postgres://postgres:q@{H}/postgres", None, "q"),
        (f"SECRET=abc\nDATABASE_URL=postgres://postgres:q@{H}/postgres", None, "q"),
        (f"postgres://postgres:q@{H}/postgres\nSECRET=abc", None, "q"),
        (
            f'# old\nR_URL=redis://:x@r.example\nDB="postgres://postgres:q@{H}"',
            None,
            "q",
        ),
        (f'create_engine("postgresql+asyncpg://postgres:q@{H}/postgres")', None, "q"),
        (f"lamin init --storage x --db postgresql://postgres:q@{H}:1/postgres", 1, "q"),
        (f"docker run -e DB=postgres://postgres:q@{H}/postgres app", None, "q"),
        (f'{{"DATABASE_URL": "postgres://postgres:q@{H}/postgres"}}', None, "q"),
    ],
    "URI from an INI file": [
        (f"sqlalchemy.url = postgresql://postgres:a%%40b@{H}/postgres", None, "a@b"),
        (f"postgresql://postgres:100%%25@{H}/postgres", None, "100%"),
    ],
    "URI without its scheme": [
        (f"postgres:Xq7!z@{H}:5433/postgres", 5433, "Xq7!z"),
        (f"postgres:@@rd@{H}", None, "@@rd"),
        (f"postgres:1:2:3:4@{H}/postgres", None, "1:2:3:4"),
    ],
    "key=value string": [
        (f"host={H} port=5433 user=postgres password=Xq7!z", 5433, "Xq7!z"),
        (f"host={H} password='it\\'s \\\\'", None, "it's \\"),
        (f"host={H} password=a\\  ", None, "a "),
        (f"host={H} password=p@ss/w:x;y#z", None, "p@ss/w:x;y#z"),
        (f"host={H}\nport=5433\npassword=Xq7!z\n", 5433, "Xq7!z"),
        (f"host={H} password=Xq7!z # production", None, "Xq7!z"),
        (f"DSN='host={H} password=Xq7!z'", None, "Xq7!z"),
        (f'psycopg2.connect("host={H} password=Xq7!z")', None, "Xq7!z"),
        (f"D:\n 'host={H} user=postgres'\nU:\n postgres://postgres@{H}", None, None),
    ],
    "JDBC URL": [
        (f"jdbc:postgresql://{H}:5433/postgres?user=postgres&password=q", 5433, "q"),
        (f"jdbc:postgresql://{H}/postgres?password=a+b%2Bc&ssl=true", None, "a b+c"),
        (f"jdbc:postgresql://{H}/postgres?password=p@ss%", None, "p@ss%"),
        (f"jdbc:postgresql://{H}:5433?user=postgres&password=a#b@c", 5433, "a#b@c"),
        (f"jdbc:postgresql://{H}/postgres?ssl=true&x=a@b", None, None),
        (f"jdbc:postgresql://postgres:pa@rd?x@{H}:1/postgres", 1, "pa@rd?x"),
        (f"jdbc:postgresql://postgres:12?c=e@{H}/postgres", None, "12?c=e"),
        (f"jdbc:postgresql://{H}/postgres?user=postgres&amp;password=q", None, "q"),
        (f"jdbc:aws-wrapper:postgresql://{H}/postgres?password=q", None, "q"),
        (f"jdbc-secretsmanager:postgresql://{H}:5433/postgres", 5433, None),
        (f"r2dbc:postgresql://postgres:q@{H}/postgres", None, "q"),
        (f"spring.datasource.url=jdbc:postgresql://{H}/postgres", None, None),
        (
            f"a.b.url=jdbc:postgresql://{H}\na.b.username=postgres\na.b.password=q",
            None,
            "q",
        ),
    ],
    "ADO.NET string": [
        (f"Server={H};Port=5433;User Id=postgres;Password=q;", 5433, "q"),
        (f'Host={H};Password="p;w""x";Database=postgres', None, 'p;w"x'),
        (f"Host={H};Password='p;w';Ssl Mode=Require", None, "p;w"),
        (f"Server={H}:5433;Uid=postgres;Pwd=q", 5433, "q"),
        (f"Password=a=b;Host={H}", None, "a=b"),
        (f'{{"Db": "Host={H};Username=postgres;Password=q"}}', None, "q"),
        (f"ConnectionStrings__Db=Host={H};Username=postgres;Password=q", None, "q"),
    ],
    "ODBC string": [
        (f"Driver={{PostgreSQL}};Server={H};Uid=postgres;Pwd={{p;w}}", None, "p;w"),
    ],
    ".pgpass line": [
        (f"{H}:5432:postgres:postgres:a\\:b", 5432, "a:b"),
        (f"{H}:*:*:postgres:p\\\\w@x", None, "p\\w@x"),
        (f"# production\n{H}:5433:*:postgres:q\n", 5433, "q"),
    ],
    "JSON object": [
        (f'{{"engine":"postgres","host":"{H}","port":5432,"password":"q"}}', 5432, "q"),
        (f'[{{"HOST": "{H}", "PASSWORD": "p\\"w\\u00e4"}}]', None, 'p"wä'),
        (f'{{"db": {{"hostname": "{H}", "user": "postgres"}}}}', None, None),
        (f'{{"Name": "n", "SecretString": "{{\\"host\\": \\"{H}\\"}}"}}', None, None),
        (f'{{"endpoint": "{H}:5433", "pass": "q"}}', 5433, "q"),
    ],
    "PostgreSQL command": [
        (f"psql 'postgresql://postgres:p@q@{H}/postgres?sslmode=require'", None, "p@q"),
        (f"psql postgresql://postgres:Xq7!z@{H}:5433/postgres", 5433, "Xq7!z"),
        (f"psql --host={H} --port 5433 --username=postgres postgres", 5433, None),
        (f"psql -h{H} postgres postgres -c 'select 1'", None, None),
        (f"psql -h {H} -AtU postgres", None, None),
        (f"PGPASSWORD='x y$z' psql -h {H} -U postgres", None, "x y$z"),
        (f"$ PGPASSWORD=Xq7!z psql \\\n  -h {H} \\\n  -p 5433", 5433, "Xq7!z"),
        (f"psql -d 'host={H} password=Xq7!z'", None, "Xq7!z"),
        (f"psql 'host={H} port=7' -p 8", 7, None),
        (f"/usr/bin/psql -h {H} # production", None, None),
        (f'$env:PGPASSWORD="q"; psql -h {H} -U postgres', None, "q"),
        (f"docker run -e PGPASSWORD=q postgres psql -h {H} -U postgres", None, "q"),
        (f"pg_dump -v -Fc -h {H} -U postgres sales", None, None),
        (f"pgcli postgresql://postgres:q@{H}/postgres", None, "q"),
    ],
    "list of settings": [
        (f"export PGHOST={H}\nexport PGPORT=5433\nexport PGPASSWORD=q", 5433, "q"),
        (f"PGHOST={H} PGPORT=5433 PGPASSWORD=q", 5433, "q"),
        (f"DB_HOST={H}\nDB_PASSWORD=p w#x # db\nMAIL_PASSWORD=z", None, "p w#x"),
        (f"MAIL_HOST=m\nMAIL_PASSWORD=z\nDB_HOST={H}\nDB_PASSWORD=q", None, "q"),
        (f'POSTGRES_HOST={H}\nPOSTGRES_PASSWORD="a\\"b"', None, 'a"b'),
        (f"host={H}\npassword=two words", None, "two words"),
        (f"POSTGRES_HOST={H}\nPOSTGRES_PASSWORD=q\nPGHOST={H}", None, "q"),
        (f"[mydb]\nhost={H}\nport=5433\npassword=q", 5433, "q"),
        (f"connect(host='{H}', user='postgres', password=\"p'w\")", None, "p'w"),
        (f'dbConnect(Postgres(), host = "{H}", port = 1, password = "q")', 1, "q"),
        (
            f"{{'ENGINE': 'django.db.postgresql', 'NAME': 'postgres', 'HOST': '{H}'}}",
            None,
            None,
        ),
    ],
}
OTHER_HOSTS = [
    ("URI", "postgresql://postgres:q@[2001:db8::7]:5433", "2001:db8::7", 5433, "q"),
    ("URI", "postgresql://postgres@[fe80::1%25eth0]:5433", "fe80::1%eth0", 5433, None),
    ("URI", "postgresql://postgres:Xq7!z@192.0.2.7:5433", "192.0.2.7", 5433, "Xq7!z"),
    ("key=value string", "hostaddr=192.0.2.7 port=5", "192.0.2.7", 5, None),
    ("JDBC URL", "jdbc:postgresql://[2001:db8::7]:5/postgres", "2001:db8::7", 5, None),
    (".pgpass line", "\\:\\:1:5432:postgres:postgres:q", "::1", 5432, "q"),
]
PLACEHOLDERS = [
    *("[YOUR-PASSWORD]", "<your-password>", "***", "$PGPASSWORD", "$PG_SECRET"),
    *("${DB_SECRET}", "${POSTGRES_PASSWORD:-x}", "%s", "{your_password}", "••••••••"),
    *("{{ password }}", "%(password)s", "$(cat /run/pw)", "YOUR_PASSWORD", "REDACTED"),
]
NO_PLACEHOLDERS = ["$ecret9", "[x]", "{pa55}", "<b>", "100%s9", "pass", "**", "p***d"]
UNREADABLE = "connection_string_unreadable"
UNUSABLE = "connection_string_unusable"
DATABASE = "connection_string_database"
REFUSED = {
    (UNREADABLE, "connection string", "empty"): [""],
    (UNREADABLE, "connection string", "isn't supported"): [
        *("hello", f"{H}:5432:*:postgres:Zt4\\\nw@Xq7")
    ],
    (UNREADABLE, "connection string", "too long"): ["x" * (LONGEST_STRING + 1)],
    (UNREADABLE, "connection string", "more than one"): [
        "postgres://postgres:q@h/postgres\npostgres://postgres:r@i",
        "postgres://postgres:q@h/x y postgres://postgres:r@i",
        "A=postgres://postgres:q@h/postgres\nB=postgres://i",
        *('[{"host": "a"}, {"host": "b"}]', "A_HOST=a\nB_HOST=b\nB_PASSWORD=q"),
        "f('postgres://h/x') or f('postgres://i/x')",
    ],
    # These strings are for another database system.
    (UNUSABLE, "URL", "isn't for PostgreSQL"): [
        *("mysql://root:Xq7!z@h/db", "prisma+postgres://h/?api_key=Xq7!z"),
        "DB=mysql://root:Xq7!z@h/db",
    ],
    (UNUSABLE, "web address", "isn't for PostgreSQL"): [
        *("https://c.example.org", "https://s3.example.org/?X-Amz-Signature=Xq7!z")
    ],
    (UNUSABLE, "JDBC URL", "isn't for PostgreSQL"): ["jdbc:mysql://h/db?password=Xq7"],
    (UNUSABLE, "SQL Server string", "isn't for PostgreSQL"): [
        "Server=tcp:h,1433;Initial Catalog=d;User ID=sa;Password=Xq7!z"
    ],
    (UNUSABLE, "ODBC string", "isn't for PostgreSQL"): [
        "Driver={ODBC Driver 17 for SQL Server};Server=h;Uid=postgres;Pwd=Xq7!z"
    ],
    (UNUSABLE, "JSON object", "isn't for PostgreSQL"): [
        '{"engine":"mysql","host":"h","username":"postgres","password":"Xq7!z"}'
    ],
    # These strings have no host that Lamin can use.
    (UNUSABLE, "Cloud SQL connection name", "public IP"): ["my-project:us-east1:my-db"],
    (UNUSABLE, "URI", "include a host"): ["postgresql://", "postgresql://u:Xq7!z@/x"],
    (UNUSABLE, "key=value string", "include a host"): ["password=Xq7!z"],
    (UNUSABLE, ".pgpass line", "include a host"): ["*:*:*:postgres:Xq7!z"],
    (UNUSABLE, "JSON object", "include a host"): ['{"password":"Xq7!z"}'],
    (UNUSABLE, "list of settings", "include a host"): ["DB_PASSWORD=Xq7!z"],
    (UNUSABLE, "PostgreSQL command", "include a host"): ["PGPASSWORD=Xq7!z psql"],
    (UNUSABLE, "JDBC URL", "include a host"): ["jdbc:postgresql:postgres"],
    (UNUSABLE, "key=value string", "service file"): ["service=mydb password=Xq7!z"],
    (UNUSABLE, "URI", "socket"): ["postgresql://%2Fvar%2Frun/postgres"],
    (UNUSABLE, "URI", "several hosts"): ["postgresql://postgres:Xq7!z@a,b/postgres"],
    (UNUSABLE, "JDBC URL", "several hosts"): ["jdbc:postgresql://a:1,b:2/postgres"],
    (UNUSABLE, "URI", "placeholder"): [
        "postgresql://postgres:Xq7!z@{host}/postgres",
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
        "postgresql://postgres:q@db.[YOUR-REF].supabase.co",
    ],
    (UNUSABLE, "JDBC URL", "Google Cloud instance"): [
        "jdbc:postgresql:///postgres?cloudSqlInstance=p:r:i&password=Xq7!z",
        "jdbc:postgresql://google/postgres?cloudSqlInstance=p:r:i&password=Xq7!z",
    ],
    (UNUSABLE, "key=value string", "Google Cloud instance"): [
        "host=/cloudsql/p:r:i password=Xq7!z"
    ],
    # These strings are tokens.
    (UNUSABLE, "IAM authentication token", "This token expires"): [
        f"{H}:5432/?Action=connect&DBUser=postgres&X-Amz-Signature=Xq7!z",
        f"{H}:5432/?DBUser=postgres&Action=connect",
        f"postgresql://postgres:{H}%2F%3FAction%3Dconnect%26DBUser%3Dpostgres@{H}/x",
        f"host={H} password='h/?Action=connect&DBUser=postgres&X-Amz-Credential=1'",
    ],
    (UNUSABLE, "access token", "This token expires"): [
        f"host={H} password=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.Xq7"
    ],
    # These strings are malformed.
    (UNREADABLE, "URI", "port must be"): [
        "postgresql://postgres:Xq7!z@h:99999/postgres",
        "postgresql://postgres:Xq7!z@h:99999 # production",
    ],
    (UNREADABLE, "key=value string", "port must be"): ["host=h port=Xq7!z"],
    (UNREADABLE, "key=value string", "single quotes"): [
        *("host='unterminated", "host=h password=Xq7!z words")
    ],
    (UNREADABLE, "PostgreSQL command", "isn't closed"): ["psql -h 'unterminated"],
    (UNREADABLE, "URI", "encode"): [
        *(
            f"postgresql://postgres:{password}@{H}/x"
            for password in ("a%%40b%41", "1%%")
        ),
        # In these strings, two hosts are possible.
        "postgresql://postgres:p@ss #x@h/postgres",
        "postgresql://postgres:Xq7!z@h # ask a@example.com",
        "postgresql://postgres:q@h/sales?schema=x&name=a@b",
        "postgresql://postgres:q@h/sales?n=a@i.example/postgres",
        "postgresql://postgres:p@s/w?x@h/postgres",
        # In these strings, an unencoded password can end the URI too early.
        "psql postgresql://postgres:Zt4@Xq7 w@h/postgres",
        "psql 'postgresql://postgres:Zt4@Xq7'w@h/postgres'",
        "psql postgresql://postgres:Zt4@Xq\\7 w@h/postgres",
        "psql postgresql://postgres:Zt4@X'q'7 w@h/postgres",
        'URL="postgresql://postgres:Zt4@Xq7"w@h/postgres"',
        "URL=postgresql://postgres:Zt4@Xq7 w@h/postgres",
        "URL=postgresql://doadmin:Zt4@Xq7 w@h/sales",
        'URL="postgresql://postgres:12"Xq7@h/postgres"',
        "URL=postgresql://postgres:Zt4@Xq7%41 w@h/postgres",
        'create_engine("postgresql://postgres:Zt4@Xq7"w@h/postgres")',
        "postgresql://postgres:Zt4@Xq7?\nw@h/postgres",
        "jdbc:postgresql://postgres:Zt4@Xq7 #w@h/postgres",
        "jdbc:postgresql://postgres:Zt4@Xq7?w@h",
        "postgresql+psycopg2://postgres:Zt4@Xq7# w@h/postgres",
        "postgresql://h/postgres?user=postgres&password=Zt4&w@Xq7",
        "jdbc:postgresql://h/postgres?password=Zt4&w@Xq7",
        # In these strings, the password can go on after the "&".
        "postgresql://h/postgres?user=postgres&password=Zt4@Xq7&w",
        "jdbc:postgresql://h/postgres?password=Zt4@Xq7&w&ssl=true",
    ],
    # These strings are for another database.
    (DATABASE, "URI", ""): ["postgresql://postgres:Xq7!z@h/sales"],
    (DATABASE, "key=value string", ""): ["host=h dbname=sales"],
    (DATABASE, "PostgreSQL command", ""): ["psql -h h sales"],
}
OTHER_USER = [
    (f"postgresql://doadmin:Xq7!z@{H}:25060/defaultdb?sslmode=require", H, 25060),
    (
        "postgresql://neondb_owner:q@ep-x.aws.neon.tech/neondb",
        "ep-x.aws.neon.tech",
        None,
    ),
    (
        "postgresql://postgres.abc:q@x.pooler.supabase.com",
        "x.pooler.supabase.com",
        None,
    ),
    (f"URL=postgres://{H}/x?user=doadmin&password=p%40ss", H, None),
    (f"psql -h {H} -U doadmin", H, None),
    (f"jdbc:postgresql://{H}/postgres?user=doadmin&password=Xq7!z", H, None),
    (f"Host={H};Username=doadmin;Password=Xq7!z;Database=defaultdb", H, None),
    (f"{H}:25060:defaultdb:doadmin:Xq7!z", H, 25060),
    (f'{{"user": "doadmin", "password": "Xq7!z", "host": "{H}"}}', H, None),
    (f"username = doadmin\npassword = Xq7!z\nhost = {H}\nport = 25060", H, 25060),
    (f"a.url=jdbc:postgresql://{H}/x\na.username=doadmin\na.password=Xq7!z", H, None),
]

ROWS = [
    *((notation, text, H, *row) for notation in READ for text, *row in READ[notation]),
    *OTHER_HOSTS,
]


@pytest.mark.parametrize(("notation", "text", "host", "port", "password"), ROWS)
def test_read_finds_host_port_and_password(notation, text, host, port, password):
    found = read(Secret(text))
    assert (found.host, found.port) == (host, port)
    assert (found.password and found.password.reveal()) == password
    assert found.notation == notation
    assert not found.other_user


@pytest.mark.parametrize(
    ("text", "expected"),
    [(text, key) for key, texts in REFUSED.items() for text in texts],
)
def test_unusable_string_is_refused_with_notation_and_reason(text, expected):
    cause, notation, reason = expected
    with pytest.raises(InvalidInput) as caught:
        read(Secret(text))
    assert (caught.value.cause, caught.value.field) == (cause, "paste")
    assert caught.value.facts["notation"] == notation
    assert reason in caught.value.facts["reason"]
    assert "Xq7" not in str(caught.value)


SPECIAL = "@:/?#%&=;,'\"\\[]{}<>|^`!$()*+~-_. "
UNENCODED = [
    f"postgresql://postgres:{{}}@{H}:5432/postgres",
    f"postgresql+psycopg2://postgres:{{}}@{H}",
    f"postgresql://{H}/postgres?user=postgres&password={{}}",
    f"postgresql://{H}:5432?user=postgres&password={{}}",
    f"postgresql://{H}?password={{}}",
    f"jdbc:postgresql://postgres:{{}}@{H}:5432/postgres",
    f"jdbc:postgresql://{H}:5432?user=postgres&password={{}}",
    f"psql postgresql://postgres:{{}}@{H}:5432/postgres",
    f"psql postgresql://doadmin:{{}}@{H}:5432/sales",
    f"psql 'postgresql://postgres:{{}}@{H}'",
    f"DATABASE_URL=postgresql://postgres:{{}}@{H}:5432/postgres",
    f'DATABASE_URL="postgresql://postgres:{{}}@{H}:5432/postgres"',
    f"create_engine('postgresql://postgres:{{}}@{H}:5432/postgres')",
    f"postgres:{{}}@{H}:5432",
]


@pytest.mark.parametrize("template", UNENCODED)
def test_read_takes_no_part_of_an_unencoded_password_for_the_host(template):
    for special in SPECIAL:
        for password in (f"Zt4@Xq7{special}Kw9", f"Zt4{special}Xq7@Kw9"):
            with suppress(InvalidInput):
                assert read(Secret(template.format(password))).host == H, password


@pytest.mark.parametrize(("text", "host", "port"), OTHER_USER)
def test_read_ignores_the_password_of_another_user(text, host, port):
    found = read(Secret(text))
    assert (found.host, found.port, found.password) == (host, port, None)
    assert found.other_user


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_read_ignores_a_placeholder_for_the_password(placeholder):
    for text in (
        f"postgresql://postgres:{placeholder}@{H}/postgres",
        f"host={H} password='{placeholder}'",
        f"Host={H};Username=postgres;Password={placeholder};",
    ):
        found = read(Secret(text))
        assert (found.host, found.password, found.has_placeholder) == (H, None, True)


@pytest.mark.parametrize("password", NO_PLACEHOLDERS)
def test_read_keeps_an_unusual_password(password):
    found = read(Secret(f"host={H} password='{password}'"))
    assert found.password == Secret(password)


@pytest.mark.parametrize(
    "text",
    [
        f"host={H} dbname={{your_database}} user={{your_user}} password=q",
        f"postgresql://${{DB_USER}}:q@{H}:${{DB_PORT}}/${{DB_NAME}}",
        f"postgresql://<user>:q@{H}:<port>/<database>",
        f"Server={H};Database={{your_database}};Port=PORT;User Id={{user}};Password=q",
    ],
)
def test_read_ignores_placeholders_for_user_port_and_database(text):
    found = read(Secret(text))
    assert (found.host, found.port, found.password) == (H, None, Secret("q"))
    assert not found.other_user


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        (
            f"postgres://{H}/postgres?sslmode=require&pgbouncer=1",
            ("sslmode", "pgbouncer"),
        ),
        (f"Host={H};Ssl Mode=Require;Pooling=true", ("Ssl Mode", "Pooling")),
        (f"postgres://{H}/postgres?password=abc&Xq7!z=1", ("another setting",)),
        (f"host={H}", ()),
    ],
)
def test_note_lists_known_ignored_settings_only(text, ignored):
    assert read(Secret(text)).ignored == ignored


def test_connection_string_shows_no_password():
    found = read(Secret(f"postgres://postgres:Xq7zPa9k@{H}"))
    assert "Xq7zPa9k" not in repr(found)
    assert found.password == Secret("Xq7zPa9k")


# --- Agreement with libpq ------------------------------------------------------------


def judge(text):
    """Return the values that libpq reads, or None if Lamin can't use them."""
    try:
        dsn = parse_dsn(text)
    except (psycopg2.Error, UnicodeError, ValueError):
        return None
    host, port = dsn.get("host") or dsn.get("hostaddr") or "", dsn.get("port") or ""
    usable = (
        (dsn.get("user") or "postgres") == "postgres"
        and (dsn.get("dbname") or "postgres") == "postgres"
        and host
        and not hosts.problem(host)
        and (not port or hosts.port_number(port))
    )
    return (host, hosts.port_number(port), dsn.get("password")) if usable else None


_PIECES = st.sampled_from(
    [
        *("postgres", "postgresql://", "postgres://", "postgres://postgres:", "h.x"),
        *("@", ":", "/", "?", "#", "%", "%40", "%zz", "[", "]", "::1", "[::1]", "&"),
        *("=", "'", '"', "\\", " ", "\n", "host=", "port=", "5432", "password="),
        *("user=", "user=postgres", "dbname=", "sslmode=require", "/postgres", ","),
        *("host=h ", "password='", "ssl=true", "pa", "ä", "+", ";", "psql ", "$"),
    ]
)
_STARTS = st.sampled_from(["", "postgres://", "postgres://postgres:", "host=h "])
_WORDS = st.lists(_PIECES, max_size=4).map("".join)


@st.composite
def uris(draw):
    user = draw(st.sampled_from(["", "postgres", "%70ostgres"]))
    password = draw(st.sampled_from(["", ":"])) + draw(_WORDS)
    userinfo = draw(st.sampled_from(["", f"{user}{password}@"]))
    host = draw(st.sampled_from(["h", "db.x", "[::1]", "%68", "192.0.2.1", "", "a b"]))
    port = draw(st.sampled_from(["", ":", ":1", ":65535", ":05432", ":%35"]))
    path = draw(st.sampled_from(["", "/", "/postgres", "/%70ostgres"]))
    key = draw(st.sampled_from(["password", "sslmode", "host", "port", "%75ser", "x"]))
    query = draw(st.sampled_from(["", "?", "?ssl=true", f"?{key}={draw(_WORDS)}"]))
    return f"postgres://{userinfo}{host}{port}{path}{query}"


@st.composite
def key_values(draw):
    quoted, bare = draw(_WORDS).replace("'", "\\'"), draw(_WORDS)
    value = draw(st.sampled_from([f"'{quoted}'", f" '{quoted}'", bare, f"{bare}\\ "]))
    space = draw(st.sampled_from([" ", "\n", "\t  "]))
    more = draw(st.sampled_from(["", "port=7", "host = h", "user=postgres", "port=''"]))
    return f"host=db.x{space}password={value}{space}{more}"


@settings(max_examples=150)
@given(uris() | key_values() | st.tuples(_STARTS, _WORDS).map("".join))
@example("postgres://postgres:p?q@h.x")
@example("postgres://postgres:5/w%zz@h.x/postgres")
@example("postgres://%70ostgres:?password=@h.x")
def test_read_agrees_with_libpq_about_valid_strings(text):
    text = text.strip(" \n\t") if "://" in text else text
    judged = judge(text)
    # A line break and a comment aren't part of a string that is copied and pasted.
    assume(
        judged is not None and not ("://" in text and ("\n" in text or " #" in text))
    )
    host, port, password = judged
    found = read(Secret(text))
    assert found.host == PostgresConnection(host).host
    assert found.port == port
    if not found.has_placeholder:
        assert found.password == (Secret(password) if password else None)


_PASSWORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
)
WRITERS = {
    "URI": lambda p: PostgresConnection(H, 5432, p).url.reveal(),
    "key=value": lambda p: "host={} port=5432 password='{}'".format(
        H, p.replace("\\", "\\\\").replace("'", "\\'")
    ),
    "ADO.NET": lambda p: 'Host={};Port=5432;Password="{}"'.format(
        H, p.replace('"', '""')
    ),
    "JSON": lambda p: json.dumps({"host": H, "port": 5432, "password": p}),
}


@settings(max_examples=30)
@given(_PASSWORDS)
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_read_returns_any_password_unchanged(write, password):
    assume(not token_name(password))
    found = read(Secret(write(password)))
    assert (found.host, found.port) == (H, 5432)
    assert found.has_placeholder or found.password == Secret(password)


@settings(max_examples=80)
@given(_STARTS, st.lists(_PIECES | st.text(max_size=4), max_size=12))
def test_read_returns_or_refuses_any_text(start, pieces):
    with suppress(InvalidInput):
        read(Secret(start + "".join(pieces)))
    try:
        read(Secret("".join(pieces)))
    except InvalidInput as error:
        assert "bug" not in error.facts["reason"]  # noqa: PT017  # a refusal is allowed


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://postgres:Xq7zPa9k@h:99999/postgres",
        "postgresql://postgres:Xq7zPa9k@h/Xq7zPa9k",
        "postgresql://postgres:Xq7zPa9k\0@h/postgres",
        "jdbc:postgresql:///postgres?cloudSqlInstance=p:r:i&password=Xq7zPa9k",
        "host=h password='Xq7zPa9k",
        "psql 'Xq7zPa9k",
        '{"password": "Xq7zPa9k"}',
    ],
)
def test_refusal_holds_no_secret_in_any_frame(text):
    secret = Secret(text)
    del text
    with pytest.raises(InvalidInput) as caught:
        read(secret)
    error = caught.value
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert "Xq7zPa9k" not in "".join(found.format())
    assert "Xq7zPa9k" not in repr((error.args, vars(error)))
    assert error.__context__ is None


@pytest.mark.parametrize(
    "start",
    [
        *("", "postgres://"),
        *(
            pytest.param(text, marks=pytest.mark.full)
            for text in ("jdbc:postgresql://", "a=")
        ),
    ],
)
def test_read_takes_linear_time(start):
    read(Secret("postgres://h"))  # The first call imports psycopg2.
    for piece in (
        *("@", "a@", "@/", "%%41", "a=1;", 'a="b;', "U=postgres://h\n", "\\:", " \n"),
        *('{"a":', "host=", " #"),
    ):
        text = start + piece * LONGEST_STRING

        def read_part(size, text=text):
            with suppress(InvalidInput):
                read(Secret(text[: LONGEST_STRING * size // 8]))

        assert takes_linear_time(read_part)
    with pytest.raises(InvalidInput):
        read(Secret(start + "@" * 1_000_000))


@pytest.mark.parametrize(
    "piece", ["postgresql://a:b@", "postgres://h,", "jdbc:pgsql://"]
)
def test_read_takes_linear_time_for_nested_strings(piece):
    part = piece * (LONGEST_STRING // 8 // len(piece) - 1)

    def read_nested(size):
        with pytest.raises(InvalidInput) as caught:
            read(Secret("{" + part * size))
        assert "more than one" in caught.value.facts["reason"]

    assert takes_linear_time(read_nested)
