"""Writes a study as TOML: tables of tables, everything below them in lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDE = 100
"""Lists longer than so many characters are broken into lines."""


def dumps(tree: Mapping[str, Any]) -> str:
    """The tree as TOML.

    Raises:
        ValueError: It holds None, which TOML lacks.
        TypeError: It holds what is neither a table, a list, a text, a number nor a truth value.
    """
    plain = {key: value for key, value in tree.items() if not _is_table(value) and not _is_tables(value)}
    parts = ["".join(_lines(plain))] if plain else []
    for key, value in tree.items():
        if _is_table(value):
            parts.append("".join([f"[{_key(key)}]\n", *_lines(value)]))
        elif _is_tables(value):
            parts.extend("".join([f"[[{_key(key)}]]\n", *_lines(table)]) for table in value)
    return "\n".join(parts)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(_is_table(item) for item in value)


def _lines(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield f"{_key(key)} = {_value(value)}\n"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    # JSON escapes all that TOML wants escaped, but for one.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if value is None:
        raise ValueError("TOML has no word for None")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (list, tuple)):
        items = [_value(item) for item in value]
        line = f"[{', '.join(items)}]"
        # Lines within a list may stand within an inline table, too.
        return line if len(line) <= _WIDE else "[\n  " + ",\n  ".join(items) + ",\n]"
    raise TypeError(f"a study file has no word for {value!r}")
