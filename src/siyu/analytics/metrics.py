"""The metric dictionary as data: one definition a figure, which pages link to with a small "?" and docs/metrics.md repeats.

Names and definitions stand in texts_metrics.toml in both languages: `metric_KEY` and `metric_KEY_is`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One figure: its key (as programs get it), where it is shown, its unit, the time it speaks of, and the table it is counted from."""

    key: str
    group: str  # overview, broadcast, cohorts, rfm, ledger
    unit: str  # people, orders, lines, money, share, days, date
    period: str  # all, now, d30, d7, month, window, broadcast, ripe
    source: str


METRICS: tuple[Metric, ...] = (
    Metric("lines", "overview", "lines", "all", "trade_days"),
    Metric("anonymous_lines", "overview", "lines", "all", "trade_days"),
    Metric("all_lines", "overview", "money", "all", "trade_days"),
    Metric("customers", "overview", "people", "all", "folds"),
    Metric("sales", "overview", "money", "all", "orders"),
    Metric("orders", "overview", "orders", "all", "orders"),
    Metric("buyers", "overview", "people", "all", "orders"),
    Metric("cancellations", "overview", "money", "all", "trade_days"),
    Metric("adjustments", "overview", "money", "all", "trade_days"),
    Metric("anonymous_sales", "overview", "money", "all", "trade_days"),
    Metric("other_currencies", "overview", "money", "all", "trade_days"),
    Metric("first_on", "overview", "date", "all", "trade_days"),
    Metric("last_on", "overview", "date", "all", "trade_days"),
    Metric("people", "overview", "people", "now", "profiles"),
    Metric("known_people", "overview", "people", "now", "profiles"),
    Metric("stages", "overview", "people", "now", "profiles"),
    Metric("repeat_rate", "overview", "share", "all", "orders"),
    Metric("repurchase_90d", "overview", "share", "ripe", "orders"),
    Metric("top_decile_share", "overview", "share", "all", "orders"),
    Metric("active_30d", "overview", "people", "d30", "facts"),
    Metric("buyers_30d", "overview", "people", "d30", "orders"),
    Metric("new_buyers_30d", "overview", "people", "d30", "orders"),
    Metric("orders_30d", "overview", "orders", "d30", "orders"),
    Metric("sales_30d", "overview", "money", "d30", "trade_days"),
    Metric("months", "overview", "money", "month", "trade_days"),
    Metric("enrolled", "broadcast", "people", "broadcast", "broadcast_members"),
    Metric("control", "broadcast", "people", "broadcast", "broadcast_members"),
    Metric("set_aside", "broadcast", "people", "broadcast", "broadcast_members"),
    Metric("asked", "broadcast", "people", "broadcast", "intents"),
    Metric("refused", "broadcast", "people", "broadcast", "verdicts"),
    Metric("sent", "broadcast", "people", "broadcast", "permits"),
    Metric("unknown", "broadcast", "people", "broadcast", "permits"),
    Metric("rejected", "broadcast", "people", "broadcast", "permits"),
    Metric("delivered", "broadcast", "people", "broadcast", "facts"),
    Metric("opened", "broadcast", "people", "broadcast", "facts"),
    Metric("clicked", "broadcast", "people", "broadcast", "facts"),
    Metric("bounced", "broadcast", "people", "broadcast", "facts"),
    Metric("unsubscribed", "broadcast", "people", "broadcast", "facts"),
    Metric("complained", "broadcast", "people", "broadcast", "facts"),
    Metric("bought", "broadcast", "people", "window", "orders"),
    Metric("extra_buyers", "broadcast", "people", "window", "orders"),
    Metric("extra_revenue", "broadcast", "money", "window", "orders"),
    Metric("buy_rate", "broadcast", "share", "window", "orders"),
    Metric("spend_per_head", "broadcast", "money", "window", "orders"),
    Metric("order_value", "broadcast", "money", "window", "orders"),
    Metric("message_cost", "broadcast", "money", "broadcast", "permits"),
    Metric("attributed", "broadcast", "money", "d7", "orders"),
    Metric("cohort_size", "cohorts", "people", "month", "orders"),
    Metric("cohort_retention", "cohorts", "share", "month", "orders"),
    Metric("cohort_repurchase", "cohorts", "share", "month", "orders"),
    Metric("cohort_revenue", "cohorts", "money", "month", "orders"),
    Metric("rfm_recency", "rfm", "days", "now", "profiles"),
    Metric("rfm_frequency", "rfm", "orders", "now", "profiles"),
    Metric("rfm_people", "rfm", "people", "now", "profiles"),
    Metric("rfm_monetary", "rfm", "money", "now", "profiles"),
    Metric("ledger_margin", "ledger", "money", "all", "ledger_entries"),
    Metric("ledger_net", "ledger", "money", "all", "ledger_entries"),
    Metric("ledger_cac", "ledger", "money", "all", "ledger_entries"),
    Metric("ledger_won", "ledger", "money", "all", "ledger_entries"),
    Metric("ledger_payback", "ledger", "days", "all", "ledger_entries"),
    Metric("ledger_saved", "ledger", "money", "all", "ledger_entries"),
)
