"""Pages of the business: cohorts, the RFM grid, the planner of experiments, the metric dictionary."""

from siyu.base.ground import Ground
from siyu.web.business import cohorting, dictionary, grid, planning
from siyu.web.guard import Guarded, page
from siyu.web.words import Role


def routes(ground: Ground) -> list[Guarded]:
    """All of them only show; what they lead to (a segment, a broadcast) asks for its own role."""
    return [
        page("/cohorts", cohorting.see, Role.VIEWER, name="cohorts"),
        page("/cohorts.csv", cohorting.download, Role.VIEWER, name="cohorts_csv"),
        page("/rfm", grid.see, Role.VIEWER, name="rfm"),
        page("/experiments/plan", planning.see, Role.VIEWER, name="experiment_plan"),
        page("/metrics", dictionary.see, Role.VIEWER, name="metrics"),
    ]


__all__ = ["routes"]
