"""What people paste: the text, and what is to be read in it or why it is refused."""

from __future__ import annotations

H = "db.example.org"

READ = [
    # URIs
    (f"postgresql://postgres:Xq7!z@{H}:5433/postgres", H, 5433, "Xq7!z"),
    (f"postgres://postgres:Xq7!z@{H}:5433/postgres", H, 5433, "Xq7!z"),
    (f"postgresql://postgres:Xq7!z@{H}/postgres", H, None, "Xq7!z"),
    (f"postgresql://postgres:Xq7!z@{H}", H, None, "Xq7!z"),
    (f"postgresql://postgres:Xq7!z@{H}/", H, None, "Xq7!z"),
    (f"postgresql://postgres@{H}/postgres", H, None, None),
    (f"postgresql://{H}/postgres", H, None, None),
    (f"postgresql://{H}:6000", H, 6000, None),
    (f"postgresql://postgres:@{H}/postgres", H, None, None),
    (f"postgresql://:Xq7!z@{H}/postgres", H, None, "Xq7!z"),
    (f"postgresql://postgres:p%40ss%2Fw@{H}/postgres", H, None, "p@ss/w"),
    (f"postgresql://postgres:%C3%A4%F0%9F%94%91@{H}/postgres", H, None, "ä🔑"),
    (f"postgresql://postgres:a+b@{H}/postgres", H, None, "a+b"),
    (f"postgresql://postgres:a:b:c@{H}/postgres", H, None, "a:b:c"),
    (f"postgresql://postgres:Xq7!z@{H}/postgres?sslmode=require", H, None, "Xq7!z"),
    (f"postgresql://{H}?user=postgres&password=Xq7!z&port=7", H, 7, "Xq7!z"),
    (f"postgresql:///postgres?host={H}&password=p%26q", H, None, "p&q"),
    (f"postgresql://ignored/postgres?host={H}", H, None, None),
    ("postgresql://postgres:Xq7!z@[2001:db8::7]:5433", "2001:db8::7", 5433, "Xq7!z"),
    ("postgresql://postgres@[fe80::1%25eth0]:5433", "fe80::1%eth0", 5433, None),
    ("postgresql://postgres:Xq7!z@192.0.2.7:5433", "192.0.2.7", 5433, "Xq7!z"),
    (f"POSTGRESQL://postgres:Xq7!z@{H}/postgres", H, None, "Xq7!z"),
    (f"postgresql+psycopg2://postgres:Xq7!z@{H}/postgres", H, None, "Xq7!z"),
    (f"postgresql+asyncpg://postgres:p%40@{H}:1/postgres", H, 1, "p@"),
    # raw special characters in the password
    (f"postgresql://postgres:pa@rd@{H}/postgres", H, None, "pa@rd"),
    (f"postgres:@@rd@{H}", H, None, "@@rd"),
    (f"postgresql://postgres:p/w@{H}/postgres", H, None, "p/w"),
    (f"postgresql://postgres:12/34@{H}/postgres", H, None, "12/34"),
    (f"postgresql://postgres:p@s/w@x@{H}:5/postgres", H, 5, "p@s/w@x"),
    (f"postgresql://postgres:100%@{H}/postgres", H, None, "100%"),
    (f"postgresql://postgres:100%41%zz@{H}/postgres", H, None, "100%41%zz"),
    (f"postgresql://postgres:a#b?c&d=e@{H}/postgres", H, None, "a#b?c&d=e"),
    (f"postgresql://postgres:[x]@{H}/postgres", H, None, "[x]"),
    (f"postgresql://postgres:two words@{H}/postgres", H, None, "two words"),
    (f"postgresql://postgres:it's\"so\\@{H}/postgres", H, None, "it's\"so\\"),
    (f"postgresql://postgres:p%w@{H}/postgres?application_name=a@b", H, None, "p%w"),
    (f"postgres:Xq7!z@{H}:5433/postgres", H, 5433, "Xq7!z"),
    # keywords and values, as in a libpq connection string
    (f"host={H} port=5433 user=postgres password=Xq7!z", H, 5433, "Xq7!z"),
    (f"host = {H}  dbname = postgres", H, None, None),
    (f"host={H} password='two words'", H, None, "two words"),
    (f"host={H} password='it\\'s \\\\'", H, None, "it's \\"),
    (f"host={H} password=a\\ b", H, None, "a b"),
    (f"host={H} password=a\\  ", H, None, "a "),
    (f"host={H} password=p@ss/w:x", H, None, "p@ss/w:x"),
    (f"host={H} password=one password=two", H, None, "two"),
    (f"password=''  host={H}", H, None, None),
    ("hostaddr=192.0.2.7 password=Xq7!z", "192.0.2.7", None, "Xq7!z"),
    (f"host={H}\nport=5433\npassword=Xq7!z\n", H, 5433, "Xq7!z"),
    # JDBC
    (f"jdbc:postgresql://{H}:5433/postgres?user=postgres&password=q", H, 5433, "q"),
    (f"jdbc:postgresql://{H}/postgres?password=a+b%2Bc&ssl=true", H, None, "a b+c"),
    (f"jdbc:postgresql://{H}/postgres", H, None, None),
    (f"jdbc:postgresql://{H}/postgres?password=p@ss%", H, None, "p@ss%"),
    ("jdbc:postgresql://[2001:db8::7]:5433/postgres", "2001:db8::7", 5433, None),
    # psql
    (f'psql "postgresql://postgres:Xq7!z@{H}/postgres"', H, None, "Xq7!z"),
    (f"psql 'postgresql://postgres:p@q@{H}/postgres?sslmode=require'", H, None, "p@q"),
    (f"psql postgresql://postgres:Xq7!z@{H}:5433/postgres", H, 5433, "Xq7!z"),
    (f"psql -h {H} -p 5433 -U postgres -d postgres", H, 5433, None),
    (f"psql --host={H} --port 5433 --username=postgres postgres", H, 5433, None),
    (f"psql -h{H} postgres postgres -c 'select 1'", H, None, None),
    (f"PGPASSWORD='x y$z' psql -h {H} -U postgres", H, None, "x y$z"),
    (f"$ PGPASSWORD=Xq7!z psql \\\n  -h {H} \\\n  -p 5433", H, 5433, "Xq7!z"),
    (f"psql -d 'host={H} password=Xq7!z'", H, None, "Xq7!z"),
    (f"psql 'host={H} port=7' -p 8", H, 7, None),
    (f"/usr/bin/psql -h {H}", H, None, None),
    (f"export PGHOST={H}\nexport PGPORT=5433\nexport PGPASSWORD=q", H, 5433, "q"),
    # assignments, quotes and spaces
    (f"DATABASE_URL=postgresql://postgres:Xq7!z@{H}/postgres", H, None, "Xq7!z"),
    (f"export DATABASE_URL='postgres://postgres:a@b@{H}/postgres'", H, None, "a@b"),
    (f'DATABASE_URL: "postgres://postgres:Xq7!z@{H}/postgres"', H, None, "Xq7!z"),
    (f'db_url = "postgresql://postgres:Xq7!z@{H}/postgres",', H, None, "Xq7!z"),
    (f"DSN='host={H} password=Xq7!z'", H, None, "Xq7!z"),
    (f"spring.datasource.url=jdbc:postgresql://{H}/postgres", H, None, None),
    (f"  postgresql://postgres:Xq7!z@{H}/postgres \n", H, None, "Xq7!z"),
    (f"'postgresql://postgres:Xq7!z@{H}/postgres'", H, None, "Xq7!z"),
    (f"\u201cpostgresql://postgres:Xq7!z@{H}/postgres\u201d", H, None, "Xq7!z"),
    (f"`postgresql://postgres:Xq7!z@{H}/postgres`", H, None, "Xq7!z"),
    (f"<postgresql://postgres:Xq7!z@{H}/postgres>", H, None, "Xq7!z"),
    (f"\ufeffpostgresql://postgres:Xq7!z@{H}/postgres", H, None, "Xq7!z"),
    ("password=postgresql://psql ", None, None, "postgresql://psql"),
    # placeholders are no passwords
    *(
        (f"postgresql://postgres:{text}@{H}/postgres", H, None, None)
        for text in ("$PG_SECRET", "${DB_SECRET}", "${POSTGRES_PASSWORD:-x}", "%s")
    ),
    *(
        (f"host={H} password='{text}'", H, None, None)
        for text in ("$(cat /run/pw)", "YOUR_PASSWORD", "{{ password }}")
    ),
    (f"postgresql://postgres:$ecret9@{H}/postgres", H, None, "$ecret9"),
    (f"postgresql://postgres:[YOUR-PASSWORD]@{H}/postgres", H, None, None),
    (f"postgresql://postgres:<your-password>@{H}/postgres", H, None, None),
    (f"postgresql://postgres:***@{H}:5433/postgres", H, 5433, None),
    (f'psql "postgresql://postgres:$PGPASSWORD@{H}/postgres"', H, None, None),
]

UNREADABLE = "connection_string_unreadable"
USER = "connection_string_user"
DATABASE = "connection_string_database"
MORE = (UNREADABLE, "more than one")
REFUSED = [
    ("", UNREADABLE, "empty"),
    ("   ", UNREADABLE, "empty"),
    ("hello", UNREADABLE, "none of the forms"),
    ("Xq7!z", UNREADABLE, "none of the forms"),
    ("postgresql://", UNREADABLE, "nothing of host"),
    ("sslmode=require", UNREADABLE, "nothing of host"),
    ("mysql://root:Xq7!z@h/db", UNREADABLE, "not for PostgreSQL"),
    ("jdbc:mysql://h/db", UNREADABLE, "not for PostgreSQL"),
    ("postgresql://postgres:Xq7!z@a,b/postgres", UNREADABLE, "several hosts"),
    ("host=a,b password=Xq7!z", UNREADABLE, "several hosts"),
    ("host=/var/run/postgresql", UNREADABLE, "TCP"),
    ("postgresql://postgres:Xq7!z@h:99999/postgres", UNREADABLE, "port"),
    ("host=h port=Xq7!z", UNREADABLE, "port"),
    ("host='unterminated", UNREADABLE, "none of the forms"),
    ("psql -h 'unterminated", UNREADABLE, "none of the forms"),
    ("x" * 70_000, UNREADABLE, "too long"),
    (
        f"postgres://postgres:Xq7!z@{H}/postgres\npostgres://postgres:q@h2/postgres",
        *MORE,
    ),
    (f"postgres://postgres:Xq7!z@{H}/x y postgres://postgres:q@h2/postgres", *MORE),
    (
        f"DATABASE_URL=postgres://postgres:Xq7!z@{H}/postgres\nDIRECT_URL=postgres://h2",
        *MORE,
    ),
    ("postgresql://bob:Xq7!z@h/postgres", USER, ""),
    ("postgresql://neondb_owner:Xq7!z@a.b.neon.tech/postgres", USER, "neondb_owner"),
    ("postgresql://postgres.abc:q@x.pooler.supabase.com/postgres", USER, "pooler"),
    ("host=h user=bob", USER, ""),
    ("psql -h h -U bob", USER, ""),
    ("jdbc:postgresql://h/postgres?user=bob&password=Xq7!z", USER, ""),
    ("postgresql://bob:Xq7!z@h/sales", USER, "database postgres"),
    ("host=h user=bob dbname=sales", USER, "database postgres"),
    ("postgresql://postgres:Xq7!z@h/sales", DATABASE, ""),
    ("host=h dbname=sales", DATABASE, ""),
    ("psql -h h sales", DATABASE, ""),
]
