"""Who works in the corp, and the vendor's own addresses."""

from __future__ import annotations

from siyu.vendors.wecom import shapes as s
from siyu.vendors.wecom.edge import Edge


class Staff(Edge):
    """What concerns guides, not customers."""

    def departments(self) -> list[s.Department]:
        """The departments that the app sees (department/list)."""
        return self._get("department/list", s.Departments).department

    def colleagues(self, department_id: int, *, with_below: bool = True) -> list[s.Colleague]:
        """The members of a department, as far as the app may see them: newer apps get ids without names (user/list)."""
        return self._get("user/list", s.Colleagues, department_id=department_id, fetch_child=int(with_below)).userlist

    def api_ips(self) -> list[str]:
        """Where WeCom's interface lives (get_api_domain_ip)."""
        return self._get("get_api_domain_ip", s.IpList).ip_list
