# ruff: noqa: RUF012  (msgspec gives every value its own copy of an empty list or dict)
"""Staff, files, addresses."""

from __future__ import annotations

from siyu.vendors.shape import Shape


class Ok(Shape, frozen=True):
    """Nothing but that it was done."""


class Department(Shape, frozen=True):
    """A department; newer apps get no name."""

    id: int = 0
    name: str = ""
    parentid: int = 0


class Departments(Shape, frozen=True):
    """`department/list`."""

    department: list[Department] = []


class Colleague(Shape, frozen=True):
    """A member of the corp. `status` 1 active, 2 forbidden, 4 not activated, 5 left."""

    userid: str = ""
    name: str = ""
    position: str = ""
    department: list[int] = []
    main_department: int = 0
    status: int = 0


class Colleagues(Shape, frozen=True):
    """`user/list`."""

    userlist: list[Colleague] = []


class Media(Shape, frozen=True):
    """A file in WeCom's store, for three days. `created_at` is a text of seconds."""

    type: str = ""
    media_id: str = ""
    created_at: str | int = ""


class IpList(Shape, frozen=True):
    """The vendor's own addresses."""

    ip_list: list[str] = []
