"""The lake: facts as columns in Parquet files under the data directory, read by DuckDB in this process and by other engines.

In: the log of facts, by a reader of its own. Out: `open`, a DuckDB connection whose views are the files and the fresh tail together, and
reports over it. Owns the tables lake_files (the manifest), lake_imports and lake_erasures, and the folder `<data>/lake`; docs/lake.md
describes it for other engines. Nothing in it cannot be made again from PostgreSQL.
"""

from siyu.analytics.lake.engine import Engine
from siyu.analytics.lake.flow import Keeper, compact, status, sync
from siyu.analytics.lake.reading import is_ready, open, query
from siyu.analytics.lake.reports import CohortCell, Columns, cohorts, purchases, rfm
from siyu.analytics.lake.words import Fault, File, Home, Status, Synced, Table

__all__ = [
    "CohortCell",
    "Columns",
    "Engine",
    "Fault",
    "File",
    "Home",
    "Keeper",
    "Status",
    "Synced",
    "Table",
    "cohorts",
    "compact",
    "is_ready",
    "open",
    "purchases",
    "query",
    "rfm",
    "status",
    "sync",
]
