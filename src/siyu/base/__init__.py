"""The ground: clock, ids, money, text, database, cursors, claims, configuration, errors, logs. It knows no business word."""
