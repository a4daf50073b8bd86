"""Members who leave, and customers who are handed on: after 24 hours by themselves, unless the customer refuses (facts 2.8)."""

from __future__ import annotations

from siyu.sandbox.corp.company import DAY, Company
from siyu.sandbox.corp.friends import Impossible
from siyu.sandbox.corp.state import BOTH, Note, Transfer

DONE, WAITING, REFUSED, FULL = 1, 2, 3, 4
_TWICE_IN, _SOON = 90 * DAY, 7 * DAY


def resign(company: Company, userid: str) -> None:
    """A member leaves; the customers and groups wait for somebody else."""
    member = company.members.get(userid)
    if member is None or member.status == 5:
        raise Impossible("there is no such member")
    member.status, member.left_at = 5, company.now()
    for group in company.groups.values():
        if group.owner == userid:
            group.status = 1
    company.emit("change_contact", ("ChangeType", "delete_user"), ("UserID", userid))


def refusal_of(company: Company, handover: str, takeover: str, contact_id: str) -> int:
    """Why a customer cannot be handed on, as a code; 0 when they can."""
    contact = company.contacts.get(contact_id)
    if contact is None:
        return 40096
    follow = contact.follows.get(handover)
    if follow is None or follow.stage != BOTH:
        return 84061
    mine = [t for t in company.transfers_of.get(contact_id, ()) if t.started > company.now() - _TWICE_IN]
    if any(t.status == WAITING for t in mine):
        return 40100
    if sum(t.status in (DONE, WAITING) for t in mine) >= 2:
        return 40128
    if len(company.follows.get(takeover, ())) >= company.settings.member_customer_cap:
        return 40099
    return 0


def begin(company: Company, handover: str, takeover: str, contact_id: str, *, is_resigned: bool, message: str = "") -> None:
    """Start handing a customer on."""
    made = Transfer(contact_id, handover, takeover, company.now(), is_resigned=is_resigned, message=message)
    company.transfers.append(made)
    company.transfers_of.setdefault(contact_id, []).append(made)
    company.due.append(made)


def catch_up(company: Company) -> None:
    """Let everything happen whose 24 hours are over."""
    now = company.now()
    while company.due and company.due[0].started + DAY <= now:
        one = company.due.popleft()
        if one.status == WAITING:
            _finish(company, one)
    for lot in company.quotas:
        if not lot.is_told and lot.balance and now < lot.expires <= now + _SOON:
            lot.is_told = True
            company.emit("customer_acquisition", ("ChangeType", "quota_expire_soon"))


def refuse(company: Company, contact_id: str) -> None:
    """The customer does not want to be handed on."""
    one = next((t for t in company.transfers_of.get(contact_id, ()) if t.status == WAITING), None)
    if one is None:
        raise Impossible("nobody is handing this customer on")
    one.status, one.ended = REFUSED, company.now()
    _failed(company, one, "customer_refused")


def _failed(company: Company, one: Transfer, why: str) -> None:
    company.emit(
        "change_external_contact",
        ("ChangeType", "transfer_fail"),
        ("FailReason", why),
        ("UserID", one.takeover),
        ("ExternalUserID", one.contact_id),
    )


def _finish(company: Company, one: Transfer) -> None:
    contact = company.contacts[one.contact_id]
    old, one.ended = contact.follows.get(one.handover), one.started + DAY
    if old is None:
        one.status = REFUSED
        return
    if len(company.follows.get(one.takeover, ())) >= company.settings.member_customer_cap or company.members[one.takeover].status != 1:
        one.status = FULL
        _failed(company, one, "customer_limit_exceed")
        return
    one.status = DONE
    company.drop_follow(old)
    company.emit_contact("del_external_contact", one.handover, contact.id, ("Source", "DELETE_BY_TRANSFER"))
    if one.takeover not in contact.follows:
        made = company.put_follow(one.takeover, contact, one.ended, add_way=202, state=old.state, oper_userid=one.handover)
        made.remark, made.description, made.tags, made.mobiles = old.remark, old.description, set(old.tags or ()), old.mobiles
        if company.settings.transfer_raises_add:
            company.emit_contact("add_external_contact", one.takeover, contact.id, ("State", old.state or None))
    text = one.message or "您好，您的服务已升级，后续将由我的同事为您服务。"
    company.note(contact, Note(one.ended, "transfer", one.takeover, text))
