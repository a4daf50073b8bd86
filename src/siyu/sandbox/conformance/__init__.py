"""Does the sandbox behave as the vendors' documents say? Checks that can be run alone: `python -m siyu.sandbox.conformance`.

Each check names the documented fact it stands for (OFF n = page n of developer.work.weixin.qq.com/document/path, MPD, ALI, TC likewise).
It speaks plain HTTP to the interfaces and to the control API, and knows nothing else of the sandbox. Every module of this package that is
named for a part (`corp_...`) is found and run by itself.
"""

from siyu.sandbox.conformance.bench import Bench, Broken, Check, Trial, checks, fact

__all__ = ["Bench", "Broken", "Check", "Trial", "checks", "fact"]
