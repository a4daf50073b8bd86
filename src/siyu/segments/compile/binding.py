"""Values become parameters: nothing a rule says ever stands in the SQL text."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

_TYPES = {
    "postgres": {
        "text": "TEXT", "texts": "TEXT[]", "bigint": "BIGINT", "bigints": "BIGINT[]", "numeric": "NUMERIC", "numerics": "NUMERIC[]",
        "moment": "TIMESTAMPTZ", "duration": "INTERVAL", "boolean": "BOOLEAN",
    },
    "duckdb": {
        "text": "TEXT", "texts": "TEXT[]", "bigint": "BIGINT", "bigints": "BIGINT[]", "numeric": "DECIMAL(38, 9)",
        "numerics": "DECIMAL(38, 9)[]", "moment": "TIMESTAMPTZ", "duration": "INTERVAL", "boolean": "BOOLEAN",
    },
}  # fmt: skip
DIALECTS = tuple(_TYPES)


class Binder:
    """Hands out one placeholder per different value and type, so that equal parts of a rule become equal SQL."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.params: dict[str, Any] = {}
        self._names: dict[tuple[str, Any], str] = {}

    def __call__(self, value: Any, kind: str) -> exp.Expr:
        """The value as a typed parameter. `kind` is text, bigint, numeric, moment, duration, boolean, or the plural for a list."""
        key = (kind, tuple(value) if isinstance(value, list) else value)
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"p{len(self.params)}"
            self.params[name] = value
        return exp.Cast(this=exp.Placeholder(this=name), to=self.type(kind))

    def type(self, kind: str) -> exp.DataType:
        """The dialect's type for a kind of value."""
        return exp.DataType.build(_TYPES[self.dialect][kind], dialect=self.dialect)

    def among(self, expression: exp.Expr, values: list[Any], kind: str) -> exp.Expr:
        """`expression` is one of the values (a plural `kind` names their type)."""
        if len(values) == 1:
            return exp.EQ(this=expression, expression=self(values[0], kind.removesuffix("s")))
        return exp.EQ(this=expression, expression=exp.Any(this=exp.paren(self(values, kind))))
