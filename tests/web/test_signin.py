"""Signing in: the right password lets in, a wrong one says nothing, too many are stopped, stolen things are useless."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.conftest import Browser

Browse = Callable[..., Browser]


def test_the_gallery_renders(browse: Browse) -> None:
    owner = browse("owner")
    page = owner.get("/dev/ui", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "宋静怡" in page.text
