"""What the published facts leave open, as settings of the sandbox; each says which values it takes. See docs/sandbox.md."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

_CHOICES = {
    "repeat_token": ("same", "new_keeps_old", "new_kills_old"),
    "mass_send_rule": ("monthly_days", "weekly7", "daily1"),
    "deadlines_on": ("world", "wall"),
}


@dataclass(frozen=True)
class Settings:
    """How the simulated corp behaves where the documents are silent or disagree. Seconds unless the name says otherwise."""

    repeat_token: str = "same"  # noqa: S105  UNCERTAIN 1: what a second gettoken inside the validity answers
    token_life: int = 7200
    gettoken_errors_per_hour: int = 2000  # UNCERTAIN 1
    minute_limit: int = 10_000
    hour_limit: int = 150_000
    ip_minute_limit: int = 20_000
    ip_hour_limit: int = 600_000
    concurrency: int = 50  # no published number; reached only by slow answers
    tag_cap: int = 10_000  # UNCERTAIN 2: 3000 until 2024
    api_raises_events: bool = False  # UNCERTAIN 3: whether tags and remarks set by API come back as events
    group_cap: int = 500  # UNCERTAIN 5
    group_scan_cap: int = 200  # UNCERTAIN 5
    convert_per_hour: int = 10_000  # UNCERTAIN 6
    member_customer_cap: int = 20_000  # UNCERTAIN 11
    corp_customer_cap: int = 2_000_000  # UNCERTAIN 11
    uploadimg_bytes: int = 2_097_152  # UNCERTAIN 12
    lost_stays_listed: bool = True  # a customer who removed the member is still in list and get
    half_is_listed: bool = False  # a customer who was not confirmed back is in list and get
    unionid_is_told: bool = True  # the corp bound a developer account: answers about customers carry their unionid
    transfer_raises_add: bool = True  # whether the member who takes a customer over gets add_external_contact
    group_transfer_raises_change: bool = True  # whether a group that was handed on by the interface raises change_owner
    mass_send_rule: str = "monthly_days"
    dispatch_for: int = 5  # how long a mass-send task is being dispatched (41063)
    welcome_for: int = 20
    deadlines_on: str = "world"  # which clock runs the 20 seconds, the dispatch and the rates: the world's or the wall's
    cursor_life: int = 86_400
    callback_answer_in: float = 5.0  # wall seconds
    callback_tries: int = 3
    callback_retry_after: float = 0.2  # wall seconds between two deliveries of one event
    callback_workers: int = 8
    oauth_code_for: int = 300
    temp_openid_for: int = 14_400
    media_for: int = 259_200
    acquisition_low: int = 100  # the balance at which balance_low is raised

    def changed(self, given: dict[str, Any]) -> Settings:
        """These with some replaced; ValueError names what cannot be."""
        kinds = {f.name: type(getattr(self, f.name)) for f in fields(self)}
        checked: dict[str, Any] = {}
        for name, value in given.items():
            if name not in kinds:
                raise ValueError(f"there is no setting {name}; there are {', '.join(sorted(kinds))}")
            kind = kinds[name]
            if name in _CHOICES and value not in _CHOICES[name]:
                raise ValueError(f"{name} is one of {', '.join(_CHOICES[name])}")
            is_number = kind in (int, float) and isinstance(value, int | float) and not isinstance(value, bool)
            if not (isinstance(value, kind) or is_number) or (is_number and value < 0):
                raise ValueError(f"{name} takes a value like {getattr(self, name)!r}")
            checked[name] = kind(value)
        return replace(self, **checked)

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Faults:
    """What goes wrong, as shares from 0 to 1 drawn from the seed; `late_for` and `slow_for` are seconds."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    reordered: float = 0.0
    late_for: float = 60.0  # world seconds at most
    busy: float = 0.0  # -1
    limited: float = 0.0  # 45009
    crowded: float = 0.0  # 45033
    slow: float = 0.0
    slow_for: float = 2.0  # wall seconds

    def changed(self, given: dict[str, Any]) -> Faults:
        """These with some replaced; ValueError names what cannot be."""
        names = {f.name for f in fields(self)}
        for name, value in given.items():
            if name not in names:
                raise ValueError(f"there is no fault {name}; there are {', '.join(sorted(names))}")
            most = 1_000_000.0 if name.endswith("_for") else 1.0
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
                raise ValueError(f"{name} is a number between 0 and {most:g}")
        return replace(self, **{name: float(value) for name, value in given.items()})

    def told(self) -> dict[str, float]:
        """As JSON."""
        return asdict(self)
