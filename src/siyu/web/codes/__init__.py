"""Live codes (活码): the list, the editor that shows who is on now and why, results, the printable code, the page that a printed code
leads to, and everybody's welcomes."""

from __future__ import annotations

from siyu.base.ground import Ground
from siyu.web.codes import editing, listing, moving, scanned, seeing, welcomes
from siyu.web.guard import Guarded, anyone, deed, page
from siyu.web.words import Role


def routes(ground: Ground) -> list[Guarded]:
    """All pages about codes."""
    one = "/codes/{code_id:int}"
    return [
        page("/codes", listing.listing, Role.VIEWER, name="codes"),
        page("/codes/new", editing.new, Role.OPERATOR, name="new_code"),
        deed("/codes", editing.make, Role.OPERATOR, name="make_code"),
        deed("/codes/preview", editing.preview, Role.OPERATOR, name="preview_code"),
        page("/codes/welcomes", welcomes.see, Role.OPERATOR, name="code_welcomes"),
        deed("/codes/welcomes", welcomes.change, Role.OPERATOR, name="change_code_welcomes"),
        page(one, seeing.see, Role.VIEWER, name="see_code"),
        page(f"{one}/edit", editing.edit, Role.OPERATOR, name="edit_code"),
        deed(f"{one}/edit", editing.change, Role.OPERATOR, name="change_code"),
        deed(f"{one}/close", editing.close, Role.OPERATOR, name="close_code"),
        deed(f"{one}/anew", moving.anew, Role.OPERATOR, name="renew_code"),
        page(f"{one}/print", seeing.printed, Role.VIEWER, name="print_code"),
        anyone("/q/{state}", scanned.scanned, name="scanned_code"),
    ]
