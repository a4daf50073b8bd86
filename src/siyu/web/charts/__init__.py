"""Charts as SVG and HTML from Python, themed by classes of the style sheet.

Shapes stretch with the card, words never do: shapes are drawn in percent or in a stretched box, words are HTML or SVG text of fixed
size. No inline styles (the Content-Security-Policy forbids them). Every chart has an aria-label, a table behind it (看数据) and says
so when there is nothing to draw. Each function gives `Markup`.
"""

from siyu.web.charts.band import Banded, band
from siyu.web.charts.bars import bars, funnel, hbars
from siyu.web.charts.effect import interval
from siyu.web.charts.frame import Show
from siyu.web.charts.heat import heat
from siyu.web.charts.line import Series, line, sparkline

__all__ = ["Banded", "Series", "Show", "band", "bars", "funnel", "hbars", "heat", "interval", "line", "sparkline"]
