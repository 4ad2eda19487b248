"""Messages in the encodings of servers around the world."""

from __future__ import annotations

import pytest
from doubles.timing import takes_linear_time
from hypothesis import given
from hypothesis import strategies as st

from lamin_widgets.postgres.encodings import decode

GERMAN = (
    "FATAL:  28P01: Passwort-Authentifizierung für Benutzer »postgres« fehlgeschlagen"
)
RUSSIAN = 'ВАЖНО:  28P01: пользователь "postgres" не прошёл проверку подлинности'
JAPANESE = 'FATAL:  28P01: ユーザー"postgres"のパスワード認証に失敗しました'

KNOWN = [
    ("utf-8", GERMAN),
    ("cp1252", GERMAN),
    ("cp1252", "FATAL:  3D000: die Datenbank »postgres« existiert nicht"),
    ("cp1252", "FATAL:  28P01: authentification par mot de passe échouée pour « x »"),
    ("latin-1", "FATAL:  28P01: la autentificación password falló para «postgres»"),
    ("gbk", '致命错误:  28P01: 用户 "postgres" Password 认证失败'),
    ("gbk", 'FATAL:  28P01: 用户 "postgres" Password 认证失败'),
    ("gbk", '致命的错误:  3D000: 数据库 "postgres" 不存在'),
    ("big5", '致命錯誤:  28P01: 使用者 "postgres" 的密碼驗證失敗'),
    ("cp1251", RUSSIAN + " (по паролю)"),
    ("koi8-r", RUSSIAN + " (по паролю)"),
    ("euc_jp", JAPANESE),
    ("shift_jis", JAPANESE),
    ("euc_kr", '치명적오류:  28P01: 사용자 "postgres"의 password 인증을 실패했습니다'),
    ("cp1250", "KATASTROFALNY:  28P01: autoryzacja hasłem nie powiodła się"),
    ("cp1254", 'ÖLÜMCÜL:  28P01: "postgres" için şifre doğrulama'),
]
UNKNOWN = [
    ("cp1252", "SCHWERWIEGEND:  XX000: das ist völlig neu für uns"),
    ("cp1252", "FATAL:  XX000: échec inconnu à la connexion"),
    ("gbk", "FATAL:  XX000: 这是一个未知的问题"),
    ("cp1251", "FATAL:  XX000: что-то неизвестное случилось"),
    ("koi8-r", "FATAL:  XX000: что-то неизвестное случилось"),
    ("euc_jp", "FATAL:  XX000: 予期しないエラーです"),
    ("shift_jis", "FATAL:  XX000: 予期しないエラーです"),
    ("euc_kr", "FATAL:  XX000: 알 수 없는 문제가 있습니다"),
]


@pytest.mark.parametrize(("encoding", "text"), [*KNOWN, *UNKNOWN])
def test_message_is_readable_in_the_encoding_of_its_server(encoding, text):
    assert decode(text.encode(encoding)) == text


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded(raw):
    assert isinstance(decode(raw), str)


@pytest.mark.parametrize(
    "unit", [b"\xff", b"\xb0\xa1", '"»«'.encode("cp1252"), b"a\xfc"]
)
def test_decode_takes_linear_time(unit):
    raw = unit * (2500 // len(unit))
    assert takes_linear_time(lambda size: decode(raw * size))
