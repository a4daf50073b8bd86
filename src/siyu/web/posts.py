"""Moments (客户朋友圈): posts for guides to publish, and who has."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from siyu import channels, content
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.channels import moments
from siyu.pool import relations
from siyu.vendors import Account, AccountState, VendorKind, accounts
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to, staff_of
from siyu.web.words import Role

TONES = {
    "planned": "grey", "calling": "blue", "making": "blue", "made": "blue", "ended": "grey", "failed": "red", "unknown": "amber",
    "cancelled": "grey",
}  # fmt: skip


def routes(ground: Ground) -> list[Guarded]:
    """The list with its form, and one post with its guides."""
    return [
        page("/posts", listing, Role.VIEWER),
        deed("/posts", make, Role.OPERATOR, name="make_post"),
        page("/posts/{task_id:int}", see, Role.VIEWER),
        deed("/posts/{task_id:int}/cancel", cancel, Role.OPERATOR),
    ]


def _account(conn: Connection) -> Account | None:
    """The corp's account that posts go by: the first that is on."""
    return next((one for one in accounts(conn, VendorKind.WECOM) if one.state is AccountState.ON), None)


def listing(request: Request) -> Response:
    """All posts, the newest first; a form for the next one."""
    with ground_of(request).db.tx() as conn:
        posts = moments.newest(conn)
        texts = content.all_kept(conn, "wecom")
        the_account = _account(conn)
        guides = relations.guides(conn, the_account.app_id) if the_account else []
    stores = sorted({one.store for one in guides if one.store})
    return render(
        request, "posts/list.html", posts=posts, tones=TONES, texts=[(one.content_id, one.name) for one in texts], stores=stores,
        guides_n=len(guides), has_account=the_account is not None,
    )  # fmt: skip


def make(request: Request) -> Response:
    """Plan a post for all guides, or those of one store."""
    ground, form = ground_of(request), form_of(request)
    number, store = str(form.get("content_id", "")), str(form.get("store", ""))
    if not number.isdigit() or len(number) > 17:
        raise InputError(say_to(request, "web.post_no_content"), field="content_id")
    with ground.db.tx() as conn:
        the_account = _account(conn)
        if the_account is None:
            raise InputError(say_to(request, "web.post_no_account"), field="account")
        guides = [one.guide for one in relations.guides(conn, the_account.app_id) if one.may_serve and (not store or one.store == store)]
        made = moments.make(
            ground, conn, account_id=the_account.account_id, content_id=int(number), guides=guides, by=staff_of(request).login
        )
        note(request, conn, "post.made", ref=f"post:{made}")
    return go(request, f"/posts/{made}", said="web.post_said_made", n=len(guides))


def see(request: Request) -> Response:
    """One post: how far it is, and each guide's part."""
    number = int(request.path_params["task_id"])
    with ground_of(request).db.tx() as conn:
        post = next((one for one in moments.newest(conn, 1_000) if one.moment_task_id == number), None)
        guides = moments.guides_of(conn, number)
        version = content.kept(conn, post.content_id, post.content_version) if post else None
        look = content.look(conn)
    if post is None:
        raise NotFoundError(say_to(request, "web.post_gone"), "")
    made = content.render(version, {}, links=content.PlainLinks(), look=look) if version else None
    why = channels.reason(post.code, lang_of(request), post.why)
    return render(request, "posts/see.html", post=post, guides=guides, tones=TONES, made=made, version=version, why=why)


def cancel(request: Request) -> Response:
    """Stop the guides who have not published."""
    ground, number = ground_of(request), int(request.path_params["task_id"])
    moments.cancel(ground, number)
    with ground.db.tx() as conn:
        note(request, conn, "post.cancelled", ref=f"post:{number}")
    return go(request, f"/posts/{number}", said="web.post_said_cancelled")
