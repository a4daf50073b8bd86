"""WHERE FROM. Turns foreign data into facts: `sources.files` reads files, `sources.http` speaks the Segment protocol.

Each has a door of its own. Owns the tables imports, import_rejects, import_mappings, http_rejects, http_reject_days, http_orders.
"""
