"""Words of a valuation: what a scoring run learnt (`Figures`), and what follows from it under assumptions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

STEP_WEEKS = 4.0
YEAR_WEEKS = 52.0


@dataclass(frozen=True)
class Figures:
    """What a run knows of the pool, free of margin and discount, so that every assumption can be changed afterwards.

    `edges` weeks from today, one more than there are steps: four-week steps for five years, then years. `purchases` and `sales_minor` of
    today's buyers in each step if nobody new comes, undiscounted. `later` purchases of a new buyer in each step after the first order.
    `alive` how many of today's buyers still buy (sum of probabilities). `low, middle, high` happened / predicted in the backtest, with
    `rounds` origins behind it. `spread` the parametric relative standard error (parameters and chance). `is_fading`: no dropout can be
    seen, so the assumed yearly stay is applied to `purchases`, `sales_minor` and `later`.
    """

    customers: int
    alive: float
    edges: tuple[float, ...]
    purchases: tuple[float, ...]
    sales_minor: tuple[float, ...]
    later: tuple[float, ...]
    first_minor: float
    spend_minor: float
    new_a_year: float
    low: float
    middle: float
    high: float
    rounds: int
    spread: float
    is_fading: bool

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @staticmethod
    def of_dict(kept: dict[str, Any]) -> Figures:
        """From what `as_dict` gave."""
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
        return Figures(**values)


@dataclass(frozen=True)
class Amount:
    """Money with where it is expected to lie, by the backtest (`low, high`) and by the model's own arithmetic (`model_low, model_high`)."""

    minor: float
    low: float
    high: float
    model_low: float = 0.0
    model_high: float = 0.0


@dataclass(frozen=True)
class Year:
    """One year of a scenario, undiscounted: sales (and those of new buyers), margin, what serving and winning costs, what is left."""

    year: int
    sales_minor: float
    sales_new_minor: float
    margin_minor: float
    serve_minor: float
    win_minor: float
    net_minor: float
    new_buyers: float


@dataclass(frozen=True)
class Scenario:
    """Three years under one idea of who comes: `none`, `as_today` or `growth`. `value` is what is left, discounted to today."""

    key: str
    years: tuple[Year, ...]
    value: Amount


@dataclass(frozen=True)
class Allowable:
    """What winning one buyer may cost when it must be back within `months`: margin of the first and the later orders, less serving."""

    months: int
    first_minor: float
    later_minor: float
    serve_minor: float
    allowable: Amount


@dataclass(frozen=True)
class Rival:
    """A competitor who sells the first order at cost and lives on the rest, with buyers like ours.

    `needs_minor` what later orders must bring a buyer (winning and serving them), `brings` what they bring within `months`, `orders_needed`
    how many later orders that takes and `orders` how many there are; `can` yes, no or unsure (the need lies inside the band).
    """

    months: int
    needs_minor: float
    brings: Amount
    orders_needed: float | None
    orders: float
    can: str


@dataclass(frozen=True)
class Valuation:
    """Everything that the page of worth shows. `value` within the horizon, `lasting` for as long as they buy."""

    value: Amount
    lasting: Amount
    scenarios: tuple[Scenario, ...]
    allowable: tuple[Allowable, ...]
    rivals: tuple[Rival, ...]
    by_year: tuple[Year, ...]
