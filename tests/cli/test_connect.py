"""`siyu connect` and the doctor over a running sandbox: the secret goes in by stdin and comes out nowhere."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from tests.conftest import KEYS

from siyu import cli
from siyu.base.ground import Ground
from siyu.cli.checkup import Degree, Patient
from siyu.cli.checkup.accounts import vendor_accounts


def test_accounts_are_connected_checked_and_rotated(
    ground: Ground, sandbox: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = {name: base64.b64encode(getattr(KEYS, name)).decode() for name in ("master", "index", "signing")}
    for name, value in {"SIYU_DATABASE_URL": ground.db.url, "SIYU_DATA": str(ground.config.data), "SIYU_KEYS": json.dumps(keys),
                        "SIYU_LANG": "en", "SIYU_BASE_URL": "http://127.0.0.1:1"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)

    def run(*words: str, given: str = "") -> tuple[int, Any]:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        capsys.readouterr()
        code = cli.main([*words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    assert run("connect", "list") == (0, {"accounts": []})
    code, made = run("connect", "sandbox", "--base", sandbox)
    assert code == 0 and len(made["accounts"]) == 5 and not made["callbacks_entered"]
    assert run("connect", "sandbox", "--base", "http://127.0.0.1:1")[0] == 1
    code, told = run("connect", "add", "mini", "--app-id", "wxnobody", "--base-url", f"{sandbox}/wechat", given="top-secret\n")
    assert code == 0 and "top-secret" not in json.dumps(told) and len(told["callback"]["aes_key"]) == 43
    wrong = next(one for one in told["checks"] if one["name"] == "secret")
    assert wrong["state"] == "bad" and wrong["what"] and wrong["remedy"]
    assert run("connect", "add", "mini", "--app-id", "wxother")[0] == 1, "no secret"
    number = str(told["account_id"])
    code, turned = run("connect", "rotate", number)
    assert (code, turned["sets"]) == (0, 2) and turned["callback"]["token"] != told["callback"]["token"]
    assert run("connect", "rotate", number, "--retire")[1]["sets"] == 1
    code, checked = run("connect", "check", number)
    assert code == 1 and not checked["is_well"]
    listed = json.dumps(run("connect", "list")[1])
    assert "wxnobody" in listed and "top-secret" not in listed and turned["callback"]["token"] not in listed

    assert run("connect", "rotate", number)[1]["sets"] == 2
    findings = list(vendor_accounts(Patient(ground.config, "", ground)))
    assert [one.remedy for one in findings if one.about == "keys_unentered"], "the new set is entered nowhere yet"
    assert all("cli." not in one.what and "{" not in one.what for one in findings)
    assert any(one.degree is Degree.ILL and "wxnobody" in one.what and one.remedy for one in findings)
    assert {one.about for one in findings} >= {"connection", "connection_broken", "callback_waiting"}
