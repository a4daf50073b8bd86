"""The value ledger's pages: P&L by dimension and rule, payback, guides, spend, terms; and a person's account on the 360 page."""

from siyu.base.ground import Ground
from siyu.web.guard import Guarded, deed, page
from siyu.web.ledger import guides, payback, person, pnl, spending, terms
from siyu.web.words import Role

__all__ = ["routes"]


def routes(ground: Ground) -> list[Guarded]:
    """The pages and their deeds."""
    return [
        page("/pnl", pnl.see, Role.VIEWER, name="pnl"),
        page("/pnl.csv", pnl.download, Role.VIEWER, name="pnl_csv"),
        page("/pnl/by/{by}/why", pnl.why, Role.VIEWER, name="pnl_why"),
        page("/pnl/payback", payback.see, Role.VIEWER, name="pnl_payback"),
        page("/pnl/guides", guides.see, Role.VIEWER, name="pnl_guides"),
        page("/pnl/spend", spending.see, Role.VIEWER, name="pnl_spend"),
        deed("/pnl/spend", spending.add, Role.OPERATOR, name="pnl_spend_add"),
        deed("/pnl/spend/import", spending.take_in, Role.OPERATOR, name="pnl_spend_import"),
        deed("/pnl/spend/take-back", spending.take_back, Role.OPERATOR, name="pnl_spend_back"),
        page("/pnl/terms", terms.see, Role.VIEWER, name="pnl_terms"),
        deed("/pnl/terms", terms.add, Role.OWNER, name="pnl_terms_add"),
        deed("/pnl/terms/drop", terms.drop, Role.OWNER, name="pnl_terms_drop"),
        deed("/pnl/terms/costs", terms.take_costs, Role.OWNER, name="pnl_terms_costs"),
        page("/customers/{person_id:int}/account", person.see, Role.VIEWER, name="person_account"),
    ]
