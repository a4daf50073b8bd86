"""A simulated WeChat: official accounts (公众号) and mini-programs (小程序) that speak the documented protocols.

In come the platform's calls under /wechat (for https://api.weixin.qq.com) and the deeds of simulated people under /sandbox/wechat; out go
callbacks. Owns the file wechat.json in the sandbox's data folder. See docs/sandbox.md.
"""

from starlette.routing import Route

from siyu.sandbox.wechat import control, public
from siyu.sandbox.wechat.office import Office
from siyu.sandbox.wechat.words import Account, Bubble, Person

__all__ = ["Account", "Bubble", "Office", "Person", "routes"]


def routes(office: Office) -> list[Route]:
    """The routes of the simulated WeChat."""
    return [*control.routes(office), *public.routes(office)]
