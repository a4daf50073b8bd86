"""Rules as SQL: one statement over profiles, built as a tree by sqlglot, every value a parameter. The same tree speaks two dialects.

Reads the pool's tables profiles, identifiers, facts, orders, consents and sources; see `sets.py` for how facts find their person.
"""

from siyu.segments.compile.statement import Statement, compile, each

__all__ = ["Statement", "compile", "each"]
