"""`Secret`, a string that is never displayed, and a decorator that wraps secrets."""

from __future__ import annotations

import functools
import os
import re
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    NoReturn,
    ParamSpec,
    TypeVar,
    cast,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MASK: Final = "***"

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Secret:
    """A string that is never displayed.

    `repr`, `str`, and `format` return a mask. A secret can't be pickled or turned into
    JSON, and copying it returns the same object.

    Args:
        value: The secret, or another `Secret`.

    Raises:
        TypeError: If `value` is neither.

    Examples:
        >>> Secret("s3cr3t")
        Secret('***')
    """

    __slots__ = ("_reveal",)
    _reveal: Callable[[], str]

    def __init__(self, value: str | Secret) -> None:
        text: object = value.reveal() if isinstance(value, Secret) else value
        del value
        if not isinstance(text, str):
            del text  # Keep the value out of the traceback.
            raise TypeError("Secret() requires a str")
        known = text
        # The text is in a closure, so that tools that list attributes don't find it.
        self._reveal = lambda: known

    def reveal(self) -> str:
        """Return the secret as a `str`. Keep no reference to it."""
        return self._reveal()

    def __repr__(self) -> str:
        return f"Secret('{MASK}')"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._reveal())

    def __eq__(self, other: object) -> bool:
        from hmac import compare_digest  # loads OpenSSL, and is rare

        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = (s.reveal().encode("utf-8", "replace") for s in (self, other))
        return compare_digest(mine, theirs)

    # A hash could be displayed, and equal secrets would have equal hashes.
    __hash__ = None  # type: ignore[assignment]  # object declares a method

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("Secret objects can't be pickled")

    def __getstate__(self) -> NoReturn:
        raise TypeError("Secret objects don't expose their state")


_LONG: Final = 65_536
"""Longer arguments, in characters, count as secrets, because no name is that long."""
# `re` compiles these patterns at their first use, because compiling them is slow.
_KEY: Final = r"""(?ix)
    (pass(word|wd|phrase|code)? | pwd | psw | pw | secret | token | credential
    | signature | api_?-?key | private_?-?key) ["']* \s* [:=]"""
_JWT_OR_BEARER: Final = r"eyJ[\w-]{5}|(?i:bearer)\s"
_COLON: Final = r":(?!//)"
# This finds user:password in a URL that's cut off before its @.
_USERINFO: Final = r"://[^\s/:@\[]*:(?!\d*(?:[/?#\s]|$))"
# This finds a line of a .pgpass file, but no IPv6 address.
_PGPASS: Final = r"(?is)(?![\s\da-f:.\[\]]*(%\w*)?$)([^:]*:){4}."


def may_hold_secret(text: str) -> bool:
    """Return whether a text could contain a password or token.

    It recognizes URLs and addresses with a password, pairs of a key and a password in
    any notation, `.pgpass` lines, and tokens. It can't recognize a password without
    context. The time is linear in the length of the text.
    """
    return (
        len(text) > _LONG
        # A colon before the last @ indicates user:password@host.
        or re.search(_COLON, text[: text.rfind("@") + 1]) is not None
        or re.search(_USERINFO, text) is not None
        or re.search(_KEY, text) is not None
        or re.search(_JWT_OR_BEARER, text) is not None
        or re.match(_PGPASS, text) is not None
    )


def hides_secrets(
    *names: str,
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Wrap secret arguments of a public function before the function receives them.

    The named arguments become a `Secret`. Any other string that could contain a secret
    (see `may_hold_secret`) is also wrapped, even inside lists, tuples, and dicts. The
    same applies to arguments that the function doesn't have. So if a call fails, its
    traceback contains no secret in plain text.

    Args:
        names: The arguments that are secrets. Each takes a str, a `Secret`, or None.

    Raises:
        TypeError: If the function is called with another type for one of them.

    Examples:
        >>> @hides_secrets("password")
        ... def connect(host: str, password: Secret | str) -> str:
        ...     return f"{host!r} {password!r}"
        >>> connect("db.example.org", "s3cr3t")
        "'db.example.org' Secret('***')"
        >>> connect("postgresql://postgres:s3cr3t@db.example.org", "")
        "Secret('***') Secret('***')"
    """

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        code = function.__code__
        accepted = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        positional = accepted[: code.co_argcount]
        takes_more = bool(code.co_flags & _VARARGS)
        takes_any_name = bool(code.co_flags & _VARKEYWORDS)
        unknown = set(names).difference(accepted)
        if unknown and not takes_any_name:
            raise ValueError(f"{function.__name__}() has no argument {min(unknown)!r}")

        def hide(name: str, value: Any, *, expected: bool) -> Any:
            if name not in names:
                return _hide(value) if expected else _wrap(value)
            usable = value is None or isinstance(value, (str, Secret))
            return _wrap(value) if usable else type(value)

        @functools.wraps(function)
        def entry(*args: Any, **kwargs: Any) -> _R:
            named = zip(positional, args, strict=False)
            more = args[len(positional) :]
            args = (
                *(hide(name, value, expected=True) for name, value in named),
                *(hide("", value, expected=takes_more) for value in more),
            )
            del named, more  # Keep the values out of tracebacks.
            kwargs = {
                name: hide(name, value, expected=takes_any_name or name in accepted)
                for name, value in kwargs.items()
            }
            for name, value in (*zip(positional, args, strict=False), *kwargs.items()):
                if name in names and isinstance(value, type):
                    raise TypeError(
                        f"{function.__qualname__}() requires a str or Secret for "
                        f"{name}, not {value.__name__}"
                    )
            return function(*args, **kwargs)

        return entry

    return decorate


def environment(name: str, default: str = "") -> str | Secret:
    """Return an environment variable. It's a `Secret` if it could contain a secret."""
    return cast("str | Secret", _hide(os.environ.get(name) or default))


# These are inspect.CO_VARARGS and CO_VARKEYWORDS. Importing inspect is slow.
_VARARGS: Final = 0x04
_VARKEYWORDS: Final = 0x08


def _wrap(value: Any) -> Any:
    return Secret(str.__str__(value)) if isinstance(value, str) else _hide(value)


_DEEPEST: Final = 4


def _hide(value: Any, depth: int = 0) -> Any:
    """Return a value in which each string that could contain a secret is wrapped."""
    if isinstance(value, str):
        text = str.__str__(value)
        return Secret(text) if may_hold_secret(text) else value
    if isinstance(value, (bytes, bytearray)):
        text = value.decode("latin-1")
        return Secret(text) if may_hold_secret(text) else value
    if depth == _DEEPEST or not isinstance(value, (list, tuple, dict, set, frozenset)):
        return value
    if isinstance(value, dict):
        hidden: Any = {
            key: _wrap(each) if _is_key(key) else _hide(each, depth + 1)
            for key, each in value.items()
        }
        pairs = zip(hidden.values(), value.values(), strict=False)
    else:
        hidden = [_hide(each, depth + 1) for each in value]
        pairs = zip(hidden, value, strict=False)
    if all(new is old for new, old in pairs):
        return value
    # A secret has no hash, so a set becomes a tuple.
    return hidden if isinstance(value, (dict, list)) else tuple(hidden)


def _is_key(name: Any) -> bool:
    return isinstance(name, str) and re.search(_KEY, f"{name}=") is not None
