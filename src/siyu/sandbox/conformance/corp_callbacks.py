"""WeCom: encrypted callbacks, their keys, their repetitions and their bad luck (facts 3)."""

from __future__ import annotations

from siyu.sandbox.conformance.bench import OTHER_KEY, Mailbox, Trial, fact


def _friends(t: Trial, n: int) -> list[str]:
    return [str(t.hand("/deeds/add", userid="zs", customer={"name": f"客{i}"})["external_userid"]) for i in range(n)]


@fact("OFF 91144")
def saving_an_address(t: Trial) -> None:
    """An address is saved only when it gives back the opened echostr, byte for byte, without quotes."""
    t.listen()
    path = f"/{t.corpid}/wrong"
    t.bench.mailboxes[path] = Mailbox("QDG6eK", OTHER_KEY, t.corpid, echo_wrong=True)
    url = t.bench.callback_base + path
    t.true("byte for byte" in t.cannot("/callback", url=url, token="QDG6eK", aes_key=OTHER_KEY), "quotes are told")  # noqa: S106
    t.true("403" in t.cannot("/callback", url=url, token="other", aes_key=OTHER_KEY), "a wrong token is told")  # noqa: S106
    t.cannot("/callback", url="http://127.0.0.1:1/", token="QDG6eK", aes_key=OTHER_KEY)  # noqa: S106
    t.cannot("/callback", url=url, token="QDG6eK", aes_key="short")  # noqa: S106


@fact("OFF 92130")
def the_envelope(t: Trial) -> None:
    """An event comes signed and closed: ToUserName, AgentID, Encrypt outside; corp, sys, event inside."""
    t.staff("zs")
    box = t.listen()
    (key,) = _friends(t, 1)
    t.settle()
    (one,) = box.heard
    t.true("<Encrypt>" in one.body and str(t.agentid) in one.body and key not in one.body, "closed, with the agent outside")
    wanted = {
        "ToUserName": t.corpid,
        "FromUserName": "sys",
        "MsgType": "event",
        "Event": "change_external_contact",
        "ChangeType": "add_external_contact",
        "UserID": "zs",
        "ExternalUserID": key,
    }
    t.same({k: one.fields[k] for k in wanted}, wanted)
    t.same(int(one.fields["CreateTime"]), t.now())


@fact("OFF 96238")
def trying_again(t: Trial) -> None:
    """An event that is not accepted comes three times in all, each time closed anew, with the same words inside."""
    t.staff("zs")
    box = t.listen()
    box.statuses = [500, 503]
    _friends(t, 1)
    t.settle()
    t.same(len(box.heard), 3)
    t.same(len({h.query["msg_signature"] for h in box.heard}), 3)
    t.true(box.heard[0].fields == box.heard[1].fields == box.heard[2].fields, "the words changed")
    box.statuses = [500] * 9
    _friends(t, 1)
    t.settle()
    t.same(len(box.heard), 6)
    t.same(t.look("/callbacks")["letters"][-1]["fate"], ["given_up"])


@fact("OFF 96238")
def answering_late(t: Trial) -> None:
    """An answer that takes longer than the time allowed counts as none."""
    t.staff("zs")
    t.hand("/settings", callback_answer_in=0.2)
    box = t.listen()
    box.slow_for = 0.5
    _friends(t, 1)
    t.settle()
    t.same(t.look("/callbacks")["letters"][-1]["answered"], [0, 0, 0])
    t.same(len(box.heard), 3)


@fact("OFF 96238")
def bad_luck(t: Trial) -> None:
    """Callbacks are lost, doubled, late and reordered at the shares that were set, always the same for one seed."""
    t.staff("zs")
    box = t.listen()
    t.hand("/faults", lost=0.2, doubled=0.2, late=0.2, late_for=3600, reordered=0.2)
    keys = _friends(t, 60)
    t.hand("/callbacks/flush")
    t.settle()
    heard = [str(h.fields["ExternalUserID"]) for h in box.heard]
    letters = t.look("/callbacks")["letters"]
    by = {
        name: [row["fields"]["ExternalUserID"] for row in letters if name in row["fate"]]
        for name in ("lost", "doubled", "late", "reordered")
    }
    t.same({k for k in keys if k not in heard}, set(by["lost"]), "those lost")
    t.same({k for k in keys if heard.count(k) == 2}, set(by["doubled"]), "those doubled")
    t.true(all(2 <= len(found) <= 25 for found in by.values()), f"shares near a fifth of 60: { {k: len(v) for k, v in by.items()} }")


@fact("OFF 91144")
def two_key_sets(t: Trial) -> None:
    """While keys change some events still come closed with those from before."""
    t.staff("zs")
    old = t.listen()
    new = Mailbox("newtoken", OTHER_KEY, t.corpid)
    path = f"/{t.corpid}/new"
    t.bench.mailboxes[path] = new
    t.hand("/callback", url=t.bench.callback_base + path, token="newtoken", aes_key=OTHER_KEY, overlap=60)  # noqa: S106
    _friends(t, 20)
    t.settle()
    kinds = [bool(h.fields) for h in new.heard]
    t.same((len(kinds), len(old.heard)), (20, 0))
    t.true(0 < sum(kinds) < 20, "both key sets are in use")
    t.hand("/callback", url=t.bench.callback_base + path, token="newtoken", aes_key=OTHER_KEY)  # noqa: S106
    new.heard.clear()


@fact("OFF 92130")
def losing_each_other(t: Trial) -> None:
    """A customer who removes a member (del_follow_user) stays readable; one whom a member removes (del_external_contact) does not."""
    t.staff("zs")
    box = t.listen()
    a, b = _friends(t, 2)
    t.hand("/deeds/delete", userid="zs", customer=a, by="customer")
    t.hand("/deeds/delete", userid="zs", customer=b, by="member")
    t.settle()
    told = {h.fields["ChangeType"]: h.fields["ExternalUserID"] for h in box.heard}
    t.same((told["del_follow_user"], told["del_external_contact"]), (a, b))
    t.ok(t.get("externalcontact/get", external_userid=a))
    t.code(t.get("externalcontact/get", external_userid=b), 84061)


@fact("OFF 92130")
def adding_again(t: Trial) -> None:
    """Who was deleted and comes back is added anew, with a new createtime and a new event."""
    t.staff("zs")
    box = t.listen()
    (key,) = _friends(t, 1)
    first = t.get("externalcontact/get", external_userid=key)["follow_user"][0]["createtime"]
    t.hand("/deeds/delete", userid="zs", customer=key, by="member")
    t.wait(3600)
    t.hand("/deeds/add", userid="zs", customer=key)
    t.same(t.get("externalcontact/get", external_userid=key)["follow_user"][0]["createtime"], first + 3600)
    t.settle()
    t.same(sum(h.fields["ChangeType"] == "add_external_contact" for h in box.heard), 2)


@fact("UNCERTAIN 3")
def silent_interfaces(t: Trial) -> None:
    """What the interface changes raises no event (a setting); what a member changes in the client does, save a phone alone."""
    t.staff("zs")
    box = t.listen()
    (key,) = _friends(t, 1)
    who = {"userid": "zs", "external_userid": key}
    t.ok(t.post("externalcontact/remark", who | {"remark": "甲"}))
    t.hand("/deeds/edit", userid="zs", customer=key, mobiles=["12000000000"])
    t.settle()
    t.same([h.fields["ChangeType"] for h in box.heard], ["add_external_contact"])
    t.hand("/deeds/edit", userid="zs", customer=key, remark="乙")
    t.hand("/settings", api_raises_events=True)
    t.ok(t.post("externalcontact/remark", who | {"remark": "丙"}))
    t.settle()
    t.same([h.fields["ChangeType"] for h in box.heard[1:]], ["edit_external_contact"] * 2)


@fact("OFF 92130")
def tag_and_staff_events(t: Trial) -> None:
    """Tags changed in the console and members who come and go are told; a group's end tells only the group."""
    box = t.listen()
    made = t.hand("/tags", group="等级", tags=["VIP"])
    t.hand("/tags/change", id=made["tag_id"][0], name="贵宾")
    t.hand("/tags/change", id=made["group_id"], delete=True)
    t.staff("zs")
    t.hand("/deeds/resign", userid="zs")
    t.settle()
    told = {(h.fields["Event"], h.fields["ChangeType"], h.fields.get("TagType", "")) for h in box.heard}
    wanted = {
        ("change_external_tag", "create", "tag_group"),
        ("change_external_tag", "create", "tag"),
        ("change_external_tag", "update", "tag"),
        ("change_external_tag", "delete", "tag_group"),
        ("change_contact", "create_user", ""),
        ("change_contact", "delete_user", ""),
    }
    t.same(told, wanted)


@fact("OFF 96238")
def who_hears(t: Trial) -> None:
    """Each app hears of the members it sees, on its own callback, with its own keys."""
    t.staff("in", "out")
    first = t.listen()
    other = t.hand("/apps", agentid=1000009, users=["in"])
    second = t.listen(agentid=other["agentid"], aes_key=OTHER_KEY)
    for userid in ("in", "out"):
        t.hand("/deeds/add", userid=userid, customer={"name": "客"})
    t.settle()
    t.same((sorted(str(h.fields["UserID"]) for h in first.heard), [h.fields["UserID"] for h in second.heard]), (["in", "out"], ["in"]))


@fact("OFF 92005")
def other_events(t: Trial) -> None:
    """Consent to the archive carries a welcome code; any other event can be raised by hand."""
    t.staff("zs")
    key, box = t.customer("zs"), t.listen()
    t.hand("/deeds/agree", userid="zs", customer=key)
    t.hand("/emit", event="batch_job_result", fields={"BatchJob": "1"})
    t.settle()
    told = {h.fields["Event"]: h.fields for h in box.heard}
    t.true(told["change_external_contact"]["WelcomeCode"], "a welcome code with msg_audit_approved")
    t.true("batch_job_result" in told, "batch_job_result")
