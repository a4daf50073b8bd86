"""The schema as a row of steps. `base.migrate` runs them."""
