"""The ground: clock, ids, money, text, database, cursors, claims, configuration, errors, logs. It knows no business word.

Owns the tables settings, cursors, parked, jobs and migrations.
"""
