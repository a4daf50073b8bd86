"""A corp of the sandbox with a ground of ours before it: scans there become facts here, as the callback inbox would record them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from siyu import channels, content, gate, growth, pool
from siyu.base.clock import StillClock
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.growth import CodeGuide, Draft, Funnel, LiveCode
from siyu.pool import Fact, Identifier, Kind
from siyu.pool.relations import ChatGroup, CorpTag, Guide
from siyu.sandbox.conformance import Trial
from siyu.vendors import CallbackKeys, keep_account, open_callback, read_xml
from siyu.vendors.wecom import Client

KEYS = CallbackKeys("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
_numbers = itertools.count(1)


class Corp:
    """The world of one test."""

    def __init__(self, ground: Ground, trial: Trial, clock: StillClock) -> None:
        self.ground, self.trial, self.clock = ground, trial, clock
        clock.at = datetime.fromtimestamp(trial.now(), UTC)
        with ground.db.tx() as conn:
            self.account = keep_account(
                ground, conn, kind="wecom", name="沙盒", app_id=trial.corpid, agent_id=str(trial.agentid), secret=trial.secret,
                callback=KEYS, base_url=f"http://{trial.bench._host}/wecom",
            )  # fmt: skip
            pool.set_brand(conn, pool.Brand(name="林间茶铺"), at=clock.at)
            self.source = pool.ensure_source(conn, f"wecom:{trial.corpid}", "wecom", now=clock.at)
        self.client = Client(ground, self.account)
        self.box = trial.listen(KEYS.token, KEYS.aes_key)
        self.read = 0

    # --- the brand ---

    def staff(self, *guides: str) -> None:
        self.trial.staff(*guides)
        with self.ground.db.tx() as conn:
            pool.relations.keep_guides(conn, [Guide(self.trial.corpid, one, one) for one in guides], self.clock.now())

    def tag(self, name: str) -> str:
        group = self.client.add_tags([name], group_name="来源")
        one = group.tag[0]
        kept = CorpTag(self.trial.corpid, one.id, one.name, group.group_id, group.group_name)
        with self.ground.db.tx() as conn:
            pool.relations.keep_tags(conn, [kept], self.clock.now())
        return str(one.id)

    def content(self, body: str, *, channel: str = "welcome", name: str = "") -> int:
        with self.ground.db.tx() as conn:
            return content.keep(self.ground, conn, name or f"欢迎语{next(_numbers)}", channel, "", body, purpose="service").content_id

    def hang(self, content_id: int, *attachments: dict[str, Any]) -> None:
        """A new version of a content with these attachments; a `body` in one is kept as its file."""
        with self.ground.db.tx() as conn:
            now = content.kept(conn, content_id)
            assert now is not None
            hung = [self._file(conn, dict(one)) for one in attachments]
            content.keep(self.ground, conn, now.name, now.channel, "", now.body, purpose="service", content_id=content_id, attachments=hung)

    def _file(self, conn: Connection, one: dict[str, Any]) -> dict[str, Any]:
        if "body" in one:
            kind = "image" if one["kind"] == "miniprogram" else one["kind"]
            one["file"] = content.keep_file(self.ground, conn, f"{kind}.bin", kind, one.pop("body"))
        return one

    def code(self, name: str, guides: tuple[CodeGuide, ...], **more: Any) -> LiveCode:
        with self.ground.db.tx() as conn:
            made = growth.make(self.ground, conn, Draft(name, self.account.account_id, guides=guides, **more))
        assert growth.tell(self.ground) == 1
        return self.see(made)

    def see(self, code: LiveCode) -> LiveCode:
        with self.ground.db.tx() as conn:
            return growth.code(conn, code.code_id)

    def funnel(self, code: LiveCode) -> Funnel:
        now = self.clock.now()
        with self.ground.db.tx() as conn:
            return growth.funnels(conn, [code.code_id], now - timedelta(days=7), now + timedelta(days=1), "Asia/Shanghai")[code.code_id]

    # --- the customers ---

    def scan(self, code: LiveCode, name: str = "客", *, external_userid: str = "", is_half: bool = False, unionid: str = "") -> str:
        customer: Any = external_userid or {"name": name, "unionid": unionid}
        told = self.trial.hand("/deeds/scan", code=code.qr_code, customer=customer, half=is_half)
        self.record(names={str(told["external_userid"]): name})
        return str(told["external_userid"])

    def whose(self, external_userid: str) -> str:
        return str(self.client.customer(external_userid).follow_user[0].userid)

    def confirm(self, external_userid: str, guide: str) -> None:
        """The guide confirms a customer who is half added."""
        self.trial.hand("/deeds/confirm", userid=guide, customer=external_userid)
        self.record()

    def say_who(self, external_userid: str, unionid: str) -> None:
        """What the look-up of a customer tells: the same person's name elsewhere."""
        names = (self.identifier(external_userid), Identifier(Kind.UNIONID, unionid))
        with self.ground.db.tx() as conn:
            fact = Fact("contact.seen", f"contact.seen:{external_userid}", self.clock.now(), names, data={"corp": self.trial.corpid})
            pool.record(self.ground, conn, self.source, [fact])

    def delete(self, external_userid: str, guide: str) -> None:
        self.trial.hand("/deeds/delete", userid=guide, customer=external_userid, by="customer")
        self.record()

    def welcomes(self, external_userid: str) -> list[str]:
        notes = self.trial.look(f"/phones/customer/{external_userid}")["notes"]
        return [str(note["text"]) for note in notes if note["kind"] == "welcome"]

    def hung(self, external_userid: str) -> list[list[str]]:
        """What hung on each welcome, by kinds."""
        notes = self.trial.look(f"/phones/customer/{external_userid}")["notes"]
        return [[str(one["msgtype"]) for one in note["attachments"]] for note in notes if note["kind"] == "welcome"]

    def identifier(self, external_userid: str) -> Identifier:
        return Identifier(Kind.EXTERNAL_USERID, external_userid, self.trial.corpid)

    def group(self, owner: str, name: str) -> str:
        made = self.trial.hand("/groups", owner=owner, name=name)
        chat = str(made["chat_id"] if isinstance(made, dict) else made)
        with self.ground.db.tx() as conn:
            pool.relations.keep_groups(conn, [ChatGroup(self.trial.corpid, chat, name, owner)], self.clock.now())
        return chat

    def fill(self, chat: str, n: int) -> None:
        at = self.clock.now()
        corp = self.trial.corpid
        facts = [
            Fact("group.joined", f"group.joined:{chat}:wm{k}", at, (self.identifier(f"wmFill{k}"),), object=chat, data={"corp": corp})
            for k in range(n)
        ]  # fmt: skip
        with self.ground.db.tx() as conn:
            pool.record(self.ground, conn, self.source, facts)
        while pool.relations.follow(self.ground):
            pass

    def join(self, chat: str, who: str, *, state: str = "", is_out: bool = False) -> None:
        """Somebody joins a chat by a code, or leaves it: as the sync tells it."""
        kind = "group.left" if is_out else "group.joined"
        data = {"corp": self.trial.corpid} | ({"state": state} if state else {})
        one = Fact(kind, f"{kind}:{chat}:wm{who}", self.clock.now(), (self.identifier(f"wmJoin{who}"),), object=chat, data=data)
        with self.ground.db.tx() as conn:
            pool.record(self.ground, conn, self.source, [one])
        while pool.relations.follow(self.ground):
            pass

    # --- what comes back ---

    def record(self, *, repeat: bool = False, names: dict[str, str] | None = None) -> None:
        """What the corp has pushed since, as facts; with `repeat` all of it again."""
        self.trial.settle()
        facts = []
        for heard in self.box.heard[0 if repeat else self.read :]:
            query = heard.query
            opened = open_callback(
                [KEYS], self.trial.corpid, signature=query["msg_signature"], timestamp=query["timestamp"], nonce=query["nonce"],
                body=heard.body.encode(),
            )  # fmt: skip
            event = read_xml(opened.text.encode())
            facts += self._facts(event, names or {})
        self.read = len(self.box.heard)
        with self.ground.db.tx() as conn:
            pool.record(self.ground, conn, self.source, facts)

    def _facts(self, event: dict[str, Any], names: dict[str, str]) -> list[Fact]:
        change, who, guide = event.get("ChangeType"), str(event.get("ExternalUserID", "")), str(event.get("UserID", ""))
        kinds = {"add_external_contact": "contact.added", "add_half_external_contact": "contact.half_added"}
        kinds |= {"del_follow_user": "contact.removed"}
        if change not in kinds:
            return []
        kind, created = kinds[str(change)], int(str(event["CreateTime"]))
        data = {"guide": guide, "corp": self.trial.corpid, "state": event.get("State", ""), "welcome_code": event.get("WelcomeCode", "")}
        if kind == "contact.removed":
            data = {"guide": guide, "corp": self.trial.corpid, "by": "customer"}
        at = datetime.fromtimestamp(created, UTC)
        personal = {"name": names[who]} if who in names else {}
        return [Fact(kind, f"{kind}:{guide}:{who}:{created}", at, (self.identifier(who),), object=guide, data=data, personal=personal)]

    # --- time ---

    def later(self, seconds: int) -> None:
        """Both clocks go on."""
        self.trial.wait(seconds)
        self.clock.move(timedelta(seconds=seconds))

    def flow(self) -> None:
        """Everything the river does about arrivals, till nothing is left."""
        steps = (
            lambda: pool.relations.follow(self.ground), lambda: pool.fold(self.ground), lambda: growth.advance(self.ground),
            lambda: gate.judge(self.ground), lambda: channels.deliver(self.ground, "welcome"), lambda: growth.do_deeds(self.ground),
            lambda: growth.tell(self.ground),
        )  # fmt: skip
        for _ in range(50):
            if not sum(step() for step in steps):
                return
        raise AssertionError("it does not come to rest")
