"""The few things that PostgreSQL and DuckDB say differently and sqlglot does not translate for us."""

from __future__ import annotations

from sqlglot import exp


def func(name: str, *args: exp.Expr) -> exp.Expr:
    """A call of a function under the name it is given."""
    return exp.Anonymous(this=name, expressions=list(args))


def json_text(document: exp.Expr, key: exp.Expr) -> exp.Expr:
    """The text under a key of a JSON object: null where it is absent or JSON null."""
    return exp.paren(exp.JSONExtractScalar(this=document, expression=key))


def json_part(document: exp.Expr, key: exp.Expr) -> exp.Expr:
    """The JSON under a key of a JSON object."""
    return exp.paren(exp.JSONExtract(this=document, expression=key))


def json_is(part: exp.Expr, kinds: tuple[str, ...], dialect: str) -> exp.Expr:
    """Whether a piece of JSON is an array or an object (`kinds`)."""
    if dialect == "duckdb":
        return exp.In(this=func("JSON_TYPE", part), expressions=[exp.Literal.string(kind.upper()) for kind in kinds])
    return exp.In(this=func("JSONB_TYPEOF", part), expressions=[exp.Literal.string(kind) for kind in kinds])


def json_list_has(part: exp.Expr, text: exp.Expr, dialect: str) -> exp.Expr:
    """Whether a JSON list has this text as an element."""
    if dialect == "duckdb":
        return func("JSON_CONTAINS", part, func("TO_JSON", text))
    return exp.ArrayContainsAll(this=part, expression=func("TO_JSONB", text))


def json_number_at(document: exp.Expr, key: exp.Expr, place: int, kind: exp.DataType, dialect: str) -> exp.Expr:
    """The number at a place of a JSON list under a key."""
    index: exp.Expr = exp.Literal.number(place)
    if dialect == "duckdb":
        index = exp.Literal.string(f"$[{place}]")
    return exp.Cast(this=exp.paren(exp.JSONExtractScalar(this=json_part(document, key), expression=index)), to=kind)


def lower_ascii(text: exp.Expr) -> exp.Expr:
    """A to Z in lower case, every other letter as it is (in PostgreSQL; DuckDB lowers all)."""
    return exp.Lower(this=bytewise(text))


def bytewise(text: exp.Expr) -> exp.Expr:
    """The text compared byte by byte, in no language's order."""
    return exp.Collate(this=text, expression=exp.to_identifier("C", quoted=True))


def number(text: exp.Expr, kind: exp.DataType, pattern: exp.Expr) -> exp.Expr:
    """The number that a text reads as; null where it does not match the pattern."""
    return exp.Case(ifs=[exp.If(this=exp.RegexpLike(this=text, expression=pattern), true=exp.Cast(this=text.copy(), to=kind))])
