"""Segments: the list, the builder, one segment with its members, and why somebody is in it or not."""

from siyu.base.ground import Ground
from siyu.web.guard import Guarded, deed, page
from siyu.web.segments import building, showing
from siyu.web.words import Role


def routes(ground: Ground) -> list[Guarded]:
    """Everybody may look; operators build. The search for one person is a POST: a phone or a name never stands in an address."""
    return [
        page("/segments", showing.listing, Role.VIEWER, name="segments"),
        page("/segments/new", building.fresh, Role.OPERATOR, name="segment_new"),
        deed("/segments/build", building.build, Role.OPERATOR, name="segment_build"),
        deed("/segments/preview", building.preview, Role.OPERATOR, name="segment_preview"),
        deed("/segments", building.save, Role.OPERATOR, name="segment_save"),
        page("/segments/{segment_id:int}", showing.detail, Role.VIEWER, name="segment"),
        deed("/segments/{segment_id:int}", building.save, Role.OPERATOR, name="segment_change"),
        page("/segments/{segment_id:int}/edit", building.edit, Role.OPERATOR, name="segment_edit"),
        page("/segments/{segment_id:int}/live", showing.live, Role.VIEWER, name="segment_live"),
        page("/segments/{segment_id:int}/members", showing.members, Role.VIEWER, name="segment_members"),
        deed("/segments/{segment_id:int}/why", showing.why, Role.VIEWER, name="segment_why"),
        page("/segments/{segment_id:int}/why/{person_id:int}", showing.why_one, Role.VIEWER, name="segment_why_one"),
        deed("/segments/{segment_id:int}/recount", showing.recount, Role.OPERATOR, name="segment_recount"),
        deed("/segments/{segment_id:int}/archive", showing.archive, Role.OPERATOR, name="segment_archive"),
    ]


__all__ = ["routes"]
