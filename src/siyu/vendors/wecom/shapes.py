"""What WeCom answers, field by field, in its own names. Moments are Unix seconds; numbers that mean something may get new values any day.

Everything has a default, because absent fields are left out of answers, not null.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Ok(Struct, frozen=True):
    """Nothing but that it was done."""


class FollowUsers(Struct, frozen=True):
    """Who may have customers."""

    follow_user: list[str] = []


class ExternalIds(Struct, frozen=True):
    """A guide's customers."""

    external_userid: list[str] = []


class ExternalContact(Struct, frozen=True):
    """A customer. `type` 1 WeChat, 2 WeCom; `gender` 0 unknown, 1 man, 2 woman. `unionid` only where a developer account is bound."""

    external_userid: str = ""
    name: str = ""
    position: str = ""
    avatar: str = ""
    corp_name: str = ""
    corp_full_name: str = ""
    type: int = 0
    gender: int = 0
    unionid: str = ""
    external_profile: dict[str, Any] = {}


class FollowTag(Struct, frozen=True):
    """A tag on a follow relation. `type` 1 corp, 2 personal (no tag_id), 3 rule group."""

    group_name: str = ""
    tag_name: str = ""
    tag_id: str = ""
    type: int = 0


class FollowUser(Struct, frozen=True):
    """The relation of one guide to a customer. `createtime` changes when they lose and find each other again."""

    userid: str = ""
    remark: str = ""
    description: str = ""
    createtime: int = 0
    tags: list[FollowTag] = []
    tag_id: list[str] = []
    remark_corp_name: str = ""
    remark_mobiles: list[str] = []
    oper_userid: str = ""
    add_way: int = 0
    state: str = ""
    wechat_channels: dict[str, Any] = {}


class Customer(Struct, frozen=True):
    """`externalcontact/get`: a customer with those who follow (up to 500 a page)."""

    external_contact: ExternalContact = ExternalContact()
    follow_user: list[FollowUser] = []
    next_cursor: str = ""


class CustomerOf(Struct, frozen=True):
    """One row of `batch/get_by_user`: a customer with the one guide that was asked about; tags are ids of corp and rule tags only."""

    external_contact: ExternalContact = ExternalContact()
    follow_info: FollowUser = FollowUser()


class _FailInfo(Struct, frozen=True):
    unlicensed_userid_list: list[str] = []


class CustomersOf(Struct, frozen=True):
    """A page of `batch/get_by_user`."""

    external_contact_list: list[CustomerOf] = []
    next_cursor: str = ""
    fail_info: _FailInfo = _FailInfo()


class ContactRow(Struct, frozen=True):
    """One row of `contact_list`: customers and other outside contacts, masked; `tmp_openid` lives 4 hours."""

    is_customer: bool = False
    tmp_openid: str = ""
    external_userid: str = ""
    name: str = ""
    follow_userid: str = ""
    chat_id: str = ""
    chat_name: str = ""
    add_time: int = 0


class ContactList(Struct, frozen=True):
    """A page of `contact_list`."""

    info_list: list[ContactRow] = []
    next_cursor: str = ""


class CorpTag(Struct, frozen=True):
    """A tag of the corp."""

    id: str = ""
    name: str = ""
    create_time: int = 0
    order: int = 0
    deleted: bool = False


class TagGroup(Struct, frozen=True):
    """A group of tags."""

    group_id: str = ""
    group_name: str = ""
    create_time: int = 0
    order: int = 0
    deleted: bool = False
    tag: list[CorpTag] = []
    strategy_id: int = 0


class TagGroups(Struct, frozen=True):
    """`get_corp_tag_list`."""

    tag_group: list[TagGroup] = []


class OneTagGroup(Struct, frozen=True):
    """`add_corp_tag`."""

    tag_group: TagGroup = TagGroup()


class ContactWay(Struct, frozen=True):
    """A 联系我 way. `qr_code` is a picture's address; WeCom shows ways nowhere, so config_id and qr_code must be kept."""

    config_id: str = ""
    type: int = 0
    scene: int = 0
    style: int = 0
    remark: str = ""
    skip_verify: bool = True
    state: str = ""
    qr_code: str = ""
    user: list[str] = []
    party: list[int] = []
    is_temp: bool = False
    expires_in: int = 0
    chat_expires_in: int = 0
    unionid: str = ""
    is_exclusive: bool = False
    mark_source: bool = True
    conclusions: dict[str, Any] = {}


class NewWay(Struct, frozen=True):
    """A way that was made; the picture only where its scene has one."""

    config_id: str = ""
    qr_code: str = ""


class OneWay(Struct, frozen=True):
    """`get_contact_way`."""

    contact_way: ContactWay = ContactWay()


class WayId(Struct, frozen=True):
    """One row of `list_contact_way`."""

    config_id: str = ""


class WayIds(Struct, frozen=True):
    """A page of `list_contact_way`."""

    contact_way: list[WayId] = []
    next_cursor: str = ""


class MassMade(Struct, frozen=True):
    """A mass-send task that was made. Made is not sent: each guide must confirm. `fail_list` will not get it."""

    msgid: str = ""
    fail_list: list[str] = []


class MassMessage(Struct, frozen=True):
    """One mass message. `create_type` 0 by the corp, 1 by a guide."""

    msgid: str = ""
    creator: str = ""
    create_time: int = 0
    create_type: int = 0
    text: dict[str, Any] = {}
    attachments: list[dict[str, Any]] = []


class MassMessages(Struct, frozen=True):
    """A page of `get_groupmsg_list_v2`."""

    group_msg_list: list[MassMessage] = []
    next_cursor: str = ""


class MassTask(Struct, frozen=True):
    """One guide's part of a mass message: `status` 0 not confirmed, 2 sent."""

    userid: str = ""
    status: int = 0
    send_time: int = 0


class MassTasks(Struct, frozen=True):
    """A page of `get_groupmsg_task`."""

    task_list: list[MassTask] = []
    next_cursor: str = ""


class MassResult(Struct, frozen=True):
    """One receiver: `status` 0 not sent, 1 sent, 2 no longer a friend, 3 has had another mass message already."""

    external_userid: str = ""
    chat_id: str = ""
    userid: str = ""
    status: int = 0
    send_time: int = 0


class MassResults(Struct, frozen=True):
    """A page of `get_groupmsg_send_result`."""

    send_list: list[MassResult] = []
    next_cursor: str = ""


class WelcomeTemplate(Struct, frozen=True):
    """`group_welcome_template/add`, and what `get` gives besides."""

    template_id: str = ""
    text: dict[str, Any] = {}
    image: dict[str, Any] = {}
    link: dict[str, Any] = {}
    miniprogram: dict[str, Any] = {}
    file: dict[str, Any] = {}
    video: dict[str, Any] = {}


class GroupRow(Struct, frozen=True):
    """One row of `groupchat/list`: `status` 0 in order, 1 owner resigned, 2 being inherited, 3 inherited."""

    chat_id: str = ""
    status: int = 0


class GroupRows(Struct, frozen=True):
    """A page of `groupchat/list`."""

    group_chat_list: list[GroupRow] = []
    next_cursor: str = ""


class _UserId(Struct, frozen=True):
    userid: str = ""


class GroupMember(Struct, frozen=True):
    """Somebody in a group: `type` 1 staff, 2 outside; `join_scene` 1 invited, 2 by link, 3 by QR code; `state` of the join way."""

    userid: str = ""
    type: int = 0
    unionid: str = ""
    join_time: int = 0
    join_scene: int = 0
    invitor: _UserId = _UserId()
    state: str = ""
    group_nickname: str = ""
    name: str = ""


class Group(Struct, frozen=True):
    """A customer group. An empty name is a group without one."""

    chat_id: str = ""
    name: str = ""
    owner: str = ""
    create_time: int = 0
    notice: str = ""
    member_list: list[GroupMember] = []
    admin_list: list[_UserId] = []
    member_version: str = ""


class OneGroup(Struct, frozen=True):
    """`groupchat/get`."""

    group_chat: Group = Group()


class GroupCounts(Struct, frozen=True):
    """One row of the group statistics: of an owner, or of a day (`stat_time`)."""

    owner: str = ""
    stat_time: int = 0
    data: dict[str, int] = {}


class GroupStatistics(Struct, frozen=True):
    """`groupchat/statistic` and `statistic_group_by_day`."""

    items: list[GroupCounts] = []
    total: int = 0
    next_offset: int = 0


class ChatId(Struct, frozen=True):
    """`opengid_to_chatid`."""

    chat_id: str = ""


class JoinWay(Struct, frozen=True):
    """A way into groups: at most 5, refilled with new ones where `auto_create_room` is 1."""

    config_id: str = ""
    scene: int = 0
    remark: str = ""
    auto_create_room: int = 1
    room_base_name: str = ""
    room_base_id: int = 0
    chat_id_list: list[str] = []
    qr_code: str = ""
    state: str = ""
    mark_source: bool = True


class OneJoinWay(Struct, frozen=True):
    """`groupchat/get_join_way`."""

    join_way: JoinWay = JoinWay()


class Handover(Struct, frozen=True):
    """One customer of a transfer: `errcode` 0 = it has begun, everything else why not."""

    external_userid: str = ""
    errcode: int = 0


class Handovers(Struct, frozen=True):
    """`transfer_customer`."""

    customer: list[Handover] = []


class HandoverResult(Struct, frozen=True):
    """`status` 1 done, 2 waiting, 3 refused, 4 the new guide is full, 5 no such transfer."""

    external_userid: str = ""
    status: int = 0
    takeover_time: int = 0


class HandoverResults(Struct, frozen=True):
    """A page of `transfer_result`."""

    customer: list[HandoverResult] = []
    next_cursor: str = ""


class Unassigned(Struct, frozen=True):
    """A customer whose guide has resigned."""

    handover_userid: str = ""
    external_userid: str = ""
    dimission_time: int = 0


class UnassignedRows(Struct, frozen=True):
    """A page of `get_unassigned_list`."""

    info: list[Unassigned] = []
    is_last: bool = True
    next_cursor: str = ""


class FailedGroup(Struct, frozen=True):
    """A group that could not be handed over, and why."""

    chat_id: str = ""
    errcode: int = 0
    errmsg: str = ""


class FailedGroups(Struct, frozen=True):
    """`groupchat/transfer` and `onjob_transfer`: those that failed; the others went over."""

    failed_chat_list: list[FailedGroup] = []


class BehaviorDay(Struct, frozen=True):
    """One day of a guide. `avg_reply_time` in minutes; `negative_feedback_cnt` = customers who deleted or blocked the guide."""

    stat_time: int = 0
    chat_cnt: int = 0
    message_cnt: int = 0
    reply_percentage: float = 0
    avg_reply_time: float = 0
    negative_feedback_cnt: int = 0
    new_apply_cnt: int = 0
    new_contact_cnt: int = 0


class BehaviorDays(Struct, frozen=True):
    """`get_user_behavior_data`."""

    behavior_data: list[BehaviorDay] = []


class JobId(Struct, frozen=True):
    """`add_moment_task`: ask about it for 24 hours."""

    jobid: str = ""


class _InvalidSenders(Struct, frozen=True):
    user_list: list[str] = []
    department_list: list[int] = []


class _InvalidTags(Struct, frozen=True):
    tag_list: list[str] = []


class MomentMade(Struct, frozen=True):
    """What became of making a Moments task."""

    errcode: int = 0
    errmsg: str = ""
    moment_id: str = ""
    invalid_sender_list: _InvalidSenders = _InvalidSenders()
    invalid_external_contact_list: _InvalidTags = _InvalidTags()


class MomentJob(Struct, frozen=True):
    """`get_moment_task_result`: `status` 1 created, 2 running, 3 done."""

    status: int = 0
    type: str = ""
    result: MomentMade = MomentMade()


class Moment(Struct, frozen=True):
    """One post. `create_type` 0 corp, 1 personal; `visible_type` 0 to some, 1 to all."""

    moment_id: str = ""
    creator: str = ""
    create_time: int = 0
    create_type: int = 0
    visible_type: int = 0
    text: dict[str, Any] = {}
    image: list[dict[str, Any]] = []
    video: dict[str, Any] = {}
    link: dict[str, Any] = {}
    location: dict[str, Any] = {}


class Moments(Struct, frozen=True):
    """A page of `get_moment_list`."""

    moment_list: list[Moment] = []
    next_cursor: str = ""


class MomentTask(Struct, frozen=True):
    """One guide's part: `publish_status` 0 not yet, 1 published."""

    userid: str = ""
    publish_status: int = 0


class MomentTasks(Struct, frozen=True):
    """A page of `get_moment_task`."""

    task_list: list[MomentTask] = []
    next_cursor: str = ""


class MomentCustomer(Struct, frozen=True):
    """Somebody to whom a post can be, or was, shown."""

    userid: str = ""
    external_userid: str = ""


class MomentCustomers(Struct, frozen=True):
    """A page of `get_moment_customer_list` or `get_moment_send_result`."""

    customer_list: list[MomentCustomer] = []
    next_cursor: str = ""


class MomentEcho(Struct, frozen=True):
    """A comment or a like, of a customer or of staff."""

    external_userid: str = ""
    userid: str = ""
    create_time: int = 0


class MomentEchoes(Struct, frozen=True):
    """`get_moment_comments`."""

    comment_list: list[MomentEcho] = []
    like_list: list[MomentEcho] = []


class LinkIds(Struct, frozen=True):
    """A page of `customer_acquisition/list_link`."""

    link_id_list: list[str] = []
    next_cursor: str = ""


class AcquisitionLink(Struct, frozen=True):
    """An acquisition link (获客链接)."""

    link_id: str = ""
    link_name: str = ""
    url: str = ""
    create_time: int = 0
    skip_verify: bool = True
    mark_source: bool = True


class OneLink(Struct, frozen=True):
    """`customer_acquisition/get` and `create_link`."""

    link: AcquisitionLink = AcquisitionLink()
    range: dict[str, Any] = {}
    priority_option: dict[str, Any] = {}


class LinkCustomer(Struct, frozen=True):
    """Somebody who came by a link: `chat_status` 0 has not written, 1 has, 2 nobody knows; `state` = its customer_channel."""

    external_userid: str = ""
    userid: str = ""
    chat_status: int = 0
    state: str = ""


class LinkCustomers(Struct, frozen=True):
    """A page of `customer_acquisition/customer`."""

    customer_list: list[LinkCustomer] = []
    next_cursor: str = ""


class LinkCounts(Struct, frozen=True):
    """`customer_acquisition/statistic`."""

    click_link_customer_cnt: int = 0
    new_customer_cnt: int = 0


class QuotaLot(Struct, frozen=True):
    """Quota that expires together."""

    expire_date: int = 0
    balance: int = 0


class Quota(Struct, frozen=True):
    """`customer_acquisition_quota`: how many customers may still be won by links."""

    total: int = 0
    balance: int = 0
    quota_list: list[QuotaLot] = []


class _ChatInfo(Struct, frozen=True):
    recv_msg_cnt: int = 0
    link_id: str = ""
    state: str = ""


class AcquiredChat(Struct, frozen=True):
    """`customer_acquisition/get_chat_info`, by the key of an event, for 30 minutes."""

    userid: str = ""
    external_userid: str = ""
    chat_info: _ChatInfo = _ChatInfo()


class OpenId(Struct, frozen=True):
    """`convert_to_openid`."""

    openid: str = ""


class ExternalId(Struct, frozen=True):
    """Whom a unionid belongs to: a customer, or a pending id that lives 90 days."""

    external_userid: str = ""
    pending_id: str = ""


class Media(Struct, frozen=True):
    """A file in WeCom's store, for three days. `created_at` is a text of seconds."""

    type: str = ""
    media_id: str = ""
    created_at: str | int = ""


class ImageUrl(Struct, frozen=True):
    """`media/uploadimg`: an address for ever, inside WeCom's messages only."""

    url: str = ""


class StaffNotice(Struct, frozen=True):
    """`message/send`: lists of who did not get it, joined by |."""

    invaliduser: str = ""
    invalidparty: str = ""
    invalidtag: str = ""
    unlicenseduser: str = ""
    msgid: str = ""
    response_code: str = ""


class Visitor(Struct, frozen=True):
    """`auth/getuserinfo`: staff has a userid, anybody else an openid (and external_userid when a customer)."""

    userid: str = ""
    user_ticket: str = ""
    openid: str = ""
    external_userid: str = ""


class StaffDetail(Struct, frozen=True):
    """`auth/getuserdetail`, by consent of the member."""

    userid: str = ""
    gender: str | int = ""
    avatar: str = ""
    qr_code: str = ""
    mobile: str = ""
    email: str = ""
    biz_mail: str = ""
    address: str = ""


class MiniLogin(Struct, frozen=True):
    """`miniprogram/jscode2session` of WeCom. `session_key` stays on the server."""

    corpid: str = ""
    userid: str = ""
    session_key: str = ""


class IpList(Struct, frozen=True):
    """The vendor's own addresses."""

    ip_list: list[str] = []


class DeskAccount(Struct, frozen=True):
    """An account of 微信客服."""

    open_kfid: str = ""
    name: str = ""
    avatar: str = ""
    manage_privilege: bool = True


class DeskAccounts(Struct, frozen=True):
    """`kf/account/list`."""

    account_list: list[DeskAccount] = []


class DeskId(Struct, frozen=True):
    """`kf/account/add`."""

    open_kfid: str = ""


class Url(Struct, frozen=True):
    """`kf/add_contact_way`."""

    url: str = ""


class Servicer(Struct, frozen=True):
    """Somebody who answers: `status` 0 is receiving, 1 has stopped."""

    userid: str = ""
    department_id: int = 0
    status: int = 0
    errcode: int = 0
    errmsg: str = ""


class Servicers(Struct, frozen=True):
    """`kf/servicer/list`."""

    servicer_list: list[Servicer] = []


class ServicerResults(Struct, frozen=True):
    """`kf/servicer/add` and `del`: one row each."""

    result_list: list[Servicer] = []


class ServiceState(Struct, frozen=True):
    """`service_state` 0 new, 1 bot, 2 pool, 3 human, 4 ended. `trans` gives a `msg_code` for the message that goes with it."""

    service_state: int = 0
    servicer_userid: str = ""
    msg_code: str = ""


class DeskMessages(Struct, frozen=True):
    """A page of `kf/sync_msg`. Each message as it came: its fields depend on `msgtype`. Keep `next_cursor` per open_kfid."""

    next_cursor: str = ""
    has_more: int = 0
    msg_list: list[dict[str, Any]] = []


class MessageId(Struct, frozen=True):
    """`kf/send_msg`."""

    msgid: str = ""


class DeskCustomer(Struct, frozen=True):
    """Somebody who wrote to 微信客服."""

    external_userid: str = ""
    nickname: str = ""
    avatar: str = ""
    gender: int = 0
    unionid: str = ""
    enter_session_context: dict[str, Any] = {}


class DeskCustomers(Struct, frozen=True):
    """`kf/customer/batchget`."""

    customer_list: list[DeskCustomer] = []
    invalid_external_userid: list[str] = []


class ProductId(Struct, frozen=True):
    """`add_product_album`."""

    product_id: str = ""


class Product(Struct, frozen=True):
    """A product of the album. `price` in fen."""

    product_id: str = ""
    product_sn: str = ""
    description: str = ""
    price: int = 0
    create_time: int = 0
    attachments: list[dict[str, Any]] = []


class OneProduct(Struct, frozen=True):
    """`get_product_album`."""

    product: Product = Product()


class Products(Struct, frozen=True):
    """A page of `get_product_album_list`."""

    product_list: list[Product] = []
    next_cursor: str = ""


class RuleId(Struct, frozen=True):
    """`add_intercept_rule`."""

    rule_id: str = ""


class InterceptRules(Struct, frozen=True):
    """`get_intercept_rule_list`."""

    rule_list: list[dict[str, Any]] = []


class InterceptRule(Struct, frozen=True):
    """`get_intercept_rule`."""

    rule: dict[str, Any] = {}


class PermitUsers(Struct, frozen=True):
    """`msgaudit/get_permit_user_list`: whose conversations are archived."""

    ids: list[str] = []


class Agreement(Struct, frozen=True):
    """Whether a customer agreed to archiving. The misspelling is the interface's."""

    status_change_time: int = 0
    userid: str = ""
    exteranalopenid: str = ""
    agree_status: str = ""


class Agreements(Struct, frozen=True):
    """`msgaudit/check_single_agree`."""

    agreeinfo: list[Agreement] = []
