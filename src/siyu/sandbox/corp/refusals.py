"""A call that is answered with an error code, in the envelope of the interface (facts 1.1, 1.4)."""

from __future__ import annotations

from typing import Any

_TABLE = """
-1 system error; 40001 invalid credential; 40003 invalid userid; 40004 invalid media type; 40007 invalid media_id;
40013 invalid corpid; 40014 invalid access_token; 40029 invalid oauth code; 40037 invalid template; 40056 invalid agentid;
40058 invalid Request Parameter; 40063 some parameters are empty; 40068 invalid tagid; 40071 tag name exists; 40093 invalid ticket;
40096 invalid external userid; 40097 handover user is not resigned; 40098 member is not real-name; 40099 external contact limit;
40100 customer is being transferred; 40126 corp tag limit; 40128 transfer too frequent; 40129 customer is being transferred;
40130 handover is takeover; 41001 access_token missing; 41002 corpid missing; 41004 corpsecret missing;
41035 missing external userid; 41037 missing contact way type; 41038 missing contact way scene; 41039 invalid contact way type;
41040 invalid contact way scene; 41041 too many users in contact way; 41042 invalid contact way style; 41043 missing config_id;
41044 invalid config_id; 41045 contact way limit; 41046 missing msgid; 41047 invalid msgid; 41048 no customer to send;
41049 missing welcome_code; 41050 invalid welcome_code; 41051 chatting or welcome already sent; 41054 member not activated;
41055 template limit; 41056 invalid external id type; 41057 no developer account bound; 41058 no right to edit template;
41059 invalid moment id; 41061 async job limit; 41062 moment is being dispatched; 41063 group message is being dispatched;
41064 too many attachments; 41065 invalid attachment type; 41067 invalid jobid; 41078 text and attachments empty;
41080 attachment size; 41091 too many groups in join way; 41093 group message cancelled; 41094 remind over limit;
41095 acquisition link limit; 41096 welcome is being sent; 42001 access_token expired; 42003 oauth code expired;
42012 jsapi_ticket unusable; 42022 oauth code used; 43001 require GET method; 43002 require POST method; 43004 require subscribe;
43012 callback url required; 44001 empty media data; 45001 media size out of limit; 45009 api freq out of limit;
45029 response too large; 45033 api concurrent out of limit; 48001 api unauthorized; 48002 api forbidden;
48005 api retired; 48007 kf account not granted; 50001 redirect_url unauthorized domain; 50002 member not in scope; 50003 app disabled;
60003 department not found; 60011 no privilege to access; 60020 not allow to access from your ip; 60021 user not in visible range;
60111 userid not found; 60123 invalid party; 81013 all receivers invalid; 81017 response too large; 84061 not external contact;
84074 no external contact permission; 90500 owner not resigned; 90501 not a customer group; 90502 owner resigned; 90504 same owner;
90507 group is being inherited; 90511 invalid opengid; 95000 invalid open_kfid; 95001 send count limit; 95002 send window over;
95004 open_kfid not exist; 95007 invalid msgtoken; 95013 session ended; 95014 not a servicer; 95016 illegal session transition;
95018 session state forbids;
95019 servicer paused; 95031 no inquiry in 48 hours; 301002 no right on agent; 610003 invalid scene; 610014 invalid unionid;
610018 openid and unionid mismatch; 701008 no user holds a licence
"""
TITLES = {int(code): title for code, _, title in (one.strip().partition(" ") for one in _TABLE.split(";"))}


class Refusal(Exception):
    """An error code with a hint for people, as the interface puts it into errmsg."""

    def __init__(self, code: int, hint: str = "") -> None:
        super().__init__(code, hint)
        self.code, self.hint = code, hint

    def answer(self, ip: str, number: int) -> dict[str, Any]:
        """The envelope."""
        title = TITLES.get(self.code, "error")
        shown = f"{title}: {self.hint}" if self.hint and self.hint != title else title
        tail = f"hint: [{number}], from ip: {ip}, more info at https://open.work.weixin.qq.com/devtool/query?e={self.code}"
        return {"errcode": self.code, "errmsg": f"{shown}, {tail}"}
