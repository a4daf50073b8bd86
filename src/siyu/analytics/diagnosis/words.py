"""Words of the diagnosis: an order file as columns, what is assumed, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

PAID, REFUNDED, OTHER = 0, 1, 2


@dataclass(frozen=True)
class Trade:
    """An order file as columns, one entry a line.

    `customer` and `order` are codes from 0, -1 = unknown; `day` days since 1970-01-01; `minor` signed minor units (refunds negative);
    `kind` PAID, REFUNDED or OTHER; `discount_minor` what was taken off (>= 0), None when the file does not say. Lines after
    `as_of_day` were left out and counted in `future`. `is_currency_assumed`: the file does not say what its amounts are in.
    """

    customer: Ints
    order: Ints
    day: Ints
    minor: Ints
    kind: Ints
    discount_minor: Ints | None
    currency: str
    as_of_day: int
    lines: int
    rejected: int = 0
    future: int = 0
    is_currency_assumed: bool = False


@dataclass(frozen=True)
class Assumptions:
    """What an order file cannot say; each is stated in the report and can be changed there.

    `margin` contribution per unit of sales; `yearly_keep` the share that stays each year, used only where the data show no
    dropout at all; `yearly_discount` cost of capital; `horizon_months` of the three-year view;
    `guide_month_minor` what a guide costs a month, all in; `guide_capacity` people one guide can look after; `guide_lift` extra sales
    that care causes (0.2 = 20 %); `platform_month_minor` software and messages a month.
    """

    margin: float = 0.35
    yearly_keep: float = 0.75
    yearly_discount: float = 0.12
    horizon_months: int = 36
    guide_month_minor: int = 800_000
    guide_capacity: int = 1_500
    guide_lift: float = 0.20
    platform_month_minor: int = 100_000


# What a guide and a platform cost a month, in major units, where nobody says otherwise.
GUIDE_MONTH = {"CNY": 8_000, "GBP": 2_400, "USD": 3_200, "EUR": 2_800, "JPY": 280_000, "HKD": 18_000, "TWD": 38_000}
PLATFORM_MONTH = {"CNY": 1_000, "GBP": 150, "USD": 180, "EUR": 160, "JPY": 25_000, "HKD": 1_300, "TWD": 5_000}


@dataclass(frozen=True)
class Finding:
    """One sentence of the report: a text key, the numbers in it, and whether it is good, bad or neither ('' = plain)."""

    key: str
    values: dict[str, Any]
    mood: str = ""


@dataclass
class Diagnosis:
    """Everything the report shows. Money is in minor units of `currency`; rates are shares of 1."""

    currency: str
    as_of_day: int
    first_day: int
    last_day: int
    figures: dict[str, Any] = field(default_factory=dict)
    cohorts: list[dict[str, Any]] = field(default_factory=list)
    months: list[dict[str, Any]] = field(default_factory=list)
    grid: list[list[dict[str, float]]] = field(default_factory=list)
    value: dict[str, Any] = field(default_factory=dict)
    backtest: list[dict[str, Any]] = field(default_factory=list)
    economics: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    plan: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    verdict: str = ""
    stage: str = ""
    assumptions: Assumptions = field(default_factory=Assumptions)
    is_currency_assumed: bool = False
