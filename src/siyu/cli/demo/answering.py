"""What the demo's official account says to keywords, and who takes over: rules, their contents, somebody in customer service."""

from __future__ import annotations

import re

from siyu import content
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.cli.demo.sandbox import Sandbox
from siyu.cli.screen import language, word
from siyu.journeys import answers

_CHAT = answers.CHANNELS["official"]


def answer(ground: Ground, sandbox: Sandbox, appid: str) -> None:
    """Rules for what its followers write, and an agent who is online. Rules that are there already stay as people left them."""
    sandbox.ask(f"/sandbox/wechat/accounts/{appid}/agents", {"agents": [{"kf_account": f"rain@{appid}", "nick": word("cli.demo_agent")}]})
    with ground.db.tx() as conn:
        if answers.all_kept(conn):
            return
        for number, line in enumerate(word("cli.demo_answers").splitlines(), 1):
            name, _, keywords = line.partition(":")
            _rule(ground, conn, name, keywords, word(f"cli.demo_answer_{number}"))
        _rule(ground, conn, word("cli.demo_person_name"), word("cli.demo_person_words"), word("cli.demo_person"), is_handover=True)


def _rule(ground: Ground, conn: Connection, name: str, keywords: str, texts: str, *, is_handover: bool = False) -> None:
    """One rule; each line of `texts` is a message of its own, called by what stands before its colon."""
    lines, said = texts.splitlines(), []
    for line in lines:
        its_name = name if len(lines) == 1 else f"{name} · {re.split('[:：]', line)[0]}"
        said.append(content.keep(ground, conn, its_name, _CHAT, "", line, purpose="service", changed_by="demo", lang=language()).content_id)
    draft = answers.Draft(name, tuple(keywords.split("|")), tuple(said), channels=("official",), is_handover=is_handover)
    answers.keep(ground, conn, draft, by="demo")
