"""Messages of PostgreSQL, compatible servers, and clients, by cause.

Before a message is searched for phrases, quoted names other than postgres are removed,
so that a name can't be mistaken for a message.

PostgreSQL's own phrases are in all of its languages, because a text without an SQLSTATE
can be in any language. `encodings` also uses the phrases to recognize the
encoding of a message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lamin_widgets.core.failures import CauseId


def _compile(
    phrases: Mapping[CauseId, tuple[str, ...]],
) -> dict[CauseId, re.Pattern[str]]:
    """Return one pattern for the phrases of each cause."""
    return {cause: re.compile("|".join(each)) for cause, each in phrases.items()}


SEVERITIES: Final = (
    *("FATAL", "ERROR", "PANIC"),
    *("FEHLER", "PANIK", "SCHWERWIEGEND"),  # German
    *("ERREUR", "ERRORE", "FATALE", "ERRO", "PÂNICO", "PÁNICO", "PANICO"),  # Romance
    *("FEL", "FATALT", "FEIL", "HIBA", "CHYBA", "FATÁLNÍ"),  # Swedish to Czech
    *("BŁĄD", "KATASTROFALNY", "PANIKA"),  # Polish
    *("HATA", "ÖLÜMCÜL", "KRİTİK"),  # Turkish
    *("ОШИБКА", "ВАЖНО", "ПАНИКА", "ПОМИЛКА", "ФАТАЛЬНО", "ПАНІКА"),
    *("ΣΦΑΛΜΑ", "ΚΡΙΣΙΜΟ", "ΠΑΝΙΚΟΣ"),
    *("错误", "致命错误", "致命的错误", "严重错误", "錯誤", "致命錯誤", "嚴重錯誤"),
    *("エラー", "致命的エラー", "致命的なエラー", "パニック"),
    *("오류", "치명적오류", "치명적 오류", "손상"),
    *("შეცდომა", "ფატალური", "პანიკა"),
)
"""The words that begin an error message of a PostgreSQL server."""

CODES: Final[Mapping[str, CauseId]] = {
    "28P01": "password_rejected",
    "3D000": "database_missing",
    "53": "out_of_resources",
    "53300": "too_many_connections",
    "57P01": "starting_up",
    "57P02": "starting_up",
    "57P03": "starting_up",
}
"""Causes that an SQLSTATE, or its class, proves."""

EXCEPTIONS: Final[Mapping[str, str]] = {
    "InvalidPassword": "28P01",
    "InvalidAuthorizationSpecification": "28000",
    "InvalidCatalogName": "3D000",
    "TooManyConnections": "53300",
    "CannotConnectNow": "57P03",
}
"""SQLSTATEs by the names of the exceptions of psycopg and asyncpg, without "Error"."""

POOLERS: Final = _compile(
    {
        "blocked_after_failures": (
            r"ECIRCUITBREAKER",
            r"too many (?:authentication|login) failures",
            r"too many failed (?:authentication|login|connection)",
            r"new connections are temporarily blocked",
        ),
        "supabase_pooler": (
            r"Tenant or user not found",
            r"ENOIDENTIFIER",
            r"no tenant identifier",
            r"\(ENOTFOUND\) tenant",
            r"tenant/user .{0,80}not found",
        ),
        "neon_endpoint": (
            r"Endpoint ID is not specified",
            r"Project ID is not specified",
        ),
        "pooler_backend": (
            r"server login (?:failed|has been failing)",
            r"pgbouncer cannot connect to server",
            r"server_login_retry",
            r"query_wait_timeout",
            r"server conn crashed",
            r"failed to get remote server connection",
            r"could not get connection from the pool",
            r"all backend nodes are down",
            r"failed to create a backend connection",
            r"[Cc]ouldn't connect to compute node",
            r"[Tt]imed-out waiting to acquire database connection",
        ),
        "pooler_refused": (
            r"no such (?:database|user)\b",
            r"database does not allow connections",
            r"No pool configured for",
            r"\broute for .{0,80} (?:is )?not found",
            r"RDS proxy has no credentials",
            r"unsupported startup parameter",
            r"bouncer config error",
        ),
        "too_many_connections": (
            r"[Mm]ax client(?: connection)?s reached",
            r"no more connections allowed",
        ),
    }
)
"""Messages of connection poolers and proxies. They have priority over SQLSTATEs."""

PHRASES: Final = _compile(
    {
        "tls_ended_in_between": (
            r"SCRAM-SHA-256-PLUS .{0,40}over a non-SSL connection",
            r"SCRAM channel binding check failed",
            r"channel binding type mismatch",
        ),
        "server_not_authentic": (
            r"incorrect server signature",
            r"server did not complete authentication",
        ),
        "password_would_be_exposed": (
            r"server requested a (?:cleartext|hashed) password",
            r"channel binding (?:is )?required",
        ),
        "client_certificate_required": (
            r"connection requires a valid client certificate",
            r"client certificates can only be checked",
        ),
        "pam_authentication": (r"PAM authentication failed",),
        "authentication_method": (
            r"(?:Ident|Peer|GSSAPI|SSPI|LDAP) authentication failed",
            r"(?:RADIUS|BSD|certificate) authentication failed",
            r"OAuth bearer authentication failed",
            r"server requested (?:GSSAPI|SSPI|SASL|an unknown|an unrecognized)",
            r"authentication method \d+ not supported",
            r"GSSAPI continuation error",
            r"none of the server's SASL authentication mechanisms are supported",
            r"(?:SSPI|GSSAPI|SCM_CRED|Crypt) authentication (?:is )?not supported",
            r"Kerberos \S{1,9} authentication not supported",
        ),
        "db_not_allowed": (
            r"pg_hba\.conf (?:entry|rejects)",
            r"host_based_authentication\.configuration entry",
            r"is not allowed to (?:connect to|access) (?:this|the) server",
        ),
        "connect_not_permitted": (
            r'permission denied for database "postgres"',
            r'(?:user|role) "?postgres"? does not have CONNECT privilege',
        ),
        "login_not_permitted": (
            r'role "postgres" is not permitted to log in',
            r"postgres does not have login privilege",
        ),
        "database_closed": (
            r'database "postgres" is not currently accepting connections',
        ),
        "too_many_connections": (
            r"too many (?:clients|connections)",
            r"remaining connection slots are reserved",
            r"sorry, too many",
        ),
        "starting_up": (
            r"the database system is (?:starting up|shutting down|in recovery mode)",
            r"the database system is not (?:yet )?accepting connections",
            r"terminating connection due to administrator command",
        ),
        "password_missing": (r"no password supplied",),
        "password_rejected": (
            r"password authentication failed",
            r"SASL authentication failed",
            r"^[Aa]uth failed",
        ),
        "role_missing": (r'(?:role|user) "?postgres"? does not exist',),
        "database_missing": (r'database "?postgres"? does not exist',),
        "db_tls_required": (
            r"(?:SSL|TLS)(?: ?/ ?TLS)?(?: connections?)? (?:is |are )?required",
            r"requires? (?:SSL|TLS)\b",
            r"connection is insecure",
        ),
        "db_tls_unsupported": (
            r"server does not support SSL",
            r"rejected SSL upgrade",
        ),
        "db_certificate": (
            r"certificate verify failed",
            r"CERTIFICATE_VERIFY_FAILED",
            r"server certificate for \"\" .{0,60}does not match host name",
            r"root certificate file",
            r"unable to get local issuer certificate",
            r"self-signed certificate",
            r"certificate has expired",
        ),
        "db_not_postgres": (
            r"invalid response to SSL negotiation",
            r"expected authentication request from server",
        ),
        "db_hangs_up": (
            r"server closed the connection unexpectedly",
            r"SSL SYSCALL error: (?:EOF|Connection reset)",
            r"SSL connection has been closed unexpectedly",
            r"Connection reset by peer",
            r"connection was closed in the middle of operation",
        ),
        "tls_failed": (
            r"SSL error:",
            r"SSL SYSCALL error",
            r"could not (?:create|establish|initiate) SSL",
        ),
        "db_name_unknown": (
            r"could not translate host name",
            r"failed to resolve host",
            r"[Nn]ame or service not known",
            r"[Tt]emporary failure in name resolution",
            r"[Nn]o address associated with hostname",
            r"nodename nor servname provided",
            r"\bgetaddrinfo\b",
        ),
        "db_unreachable": (
            r"timeout expired",
            r"[Tt]imed[ -]out",
            r"[Tt]ime[ -]?[Oo]ut(?:Error|Exception)?\b",
            r"[Nn]o route to host",
            r"[Hh]ost is (?:down|unreachable)",
            r"\[Errno (?:110|113|60|64|65)\]",
        ),
        "db_refused": (
            r"[Cc]onnection refused",
            r"Connect call failed",
        ),
        "ipv6_only": (
            r"[Nn]etwork is unreachable",
            r"Address family not supported",
            r"Cannot assign requested address",
        ),
    }
)
"""Messages by cause, in the order in which they are searched."""

KEYWORDS: Final = _compile(
    {
        "db_not_allowed": (r"pg_hba\.conf",),
        "pam_authentication": (r"\bPAM\b",),
        "authentication_method": (r"\b(?:LDAP|RADIUS|GSSAPI|SSPI|Ident|Peer|OAuth)\b",),
    }
)
"""Words that PostgreSQL's messages of SQLSTATE class 28 have in every language."""

TRANSLATIONS: Final = _compile(
    {
        "password_rejected": (
            "Passwort-Authentifizierung",
            "authentification par mot de passe",
            "autentificaci[oó]n password",
            r"autentica[cz]i[oó]n \w{2,8} (?:la )?(?:contraseña|password)",
            "autenticazione con password fallita",
            "autenticação d[oe] tipo senha|autenticação por senha",
            "не прошёл проверку подлинности \\(по паролю\\)",
            "автентифікаці\\w{1,3} (?:за )?парол",
            "(?:autoryzacja|uwierzytelni\\w{1,8}) hasłem",
            "[Ll]ösenordsautenti\\w{1,8} misslyckades",
            "(?:şifre|parola) (?:doğrulama|yetkilendirme)",
            "(?:Password|密码|口令) ?(?:身份)?(?:认证|验证)失败",
            "密碼驗證失敗",
            "パスワード認証に失敗",
            "(?:password|패스워드|비밀번호) 인증을? 실패",
            "autentizace heslem selhala",
        ),
        "role_missing": (
            "Rolle »postgres« existiert nicht",
            "le rôle « ?postgres ?» n'existe pas",
            "no existe el rol «postgres»",
            'il ruolo "postgres" non esiste',
            'role "postgres" não existe',
            'роль "postgres" не существует',
            'роль "postgres" не існує',
            'rola "postgres" nie istnieje',
            'roll(?:en)? "postgres" existerar inte',
            '"postgres" rolü mevcut değil',
            '角色 ?"postgres" ?不存在',
            'ロール"postgres"は存在しません',
            '"postgres" 롤\\(?\\w{0,6}\\)? ?없음',
        ),
        "database_missing": (
            "Datenbank »postgres« existiert nicht",
            "base de données « ?postgres ?» n'existe pas",
            "no existe la base de datos «postgres»",
            'il database "postgres" non esiste',
            'banco de dados "postgres" não existe',
            'база данных "postgres" не существует',
            'бази? даних "postgres" не існує',
            'baza danych "postgres" nie istnieje',
            'databas(?:en)? "postgres" existerar inte',
            '"postgres" veritaban\\S mevcut değil',
            '数据库 ?"postgres" ?不存在',
            '資料庫 ?"postgres" ?不存在',
            'データベース"postgres"は存在しません',
            '"postgres" 데이터베이스 없음',
        ),
    }
)
"""PostgreSQL's own messages in other languages."""

UNREACHED: Final[frozenset[CauseId]] = frozenset(
    {"db_name_unknown", "db_refused", "db_unreachable", "ipv6_only"}
)
"""Causes that are impossible after the server accepted a connection."""

UNANSWERED: Final[frozenset[CauseId]] = UNREACHED | {"db_hangs_up", "db_not_postgres"}
"""Causes that are impossible after the server sent a message."""

PROGRESS: Final[tuple[str, ...]] = (
    "",  # an attempt without a known cause
    "ipv6_only",
    "db_name_unknown",
    "db_refused",
    "db_unreachable",
    "db_hangs_up",
    "db_not_postgres",
    "without TLS",  # refused only because the attempt had no TLS
    "db_tls_unsupported",
    "tls_failed",
    "db_certificate",
    "server_refused",
    "starting_up",
    "db_not_allowed",
    "too_many_connections",
)
"""Causes by the progress of the attempt, from least to most. Others have more."""
