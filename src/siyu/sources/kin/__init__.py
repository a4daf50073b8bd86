"""WHO IS THE SAME. Comes in: people of official accounts and mini-programs (a unionid and an openid), and customers of a corp who came
without a unionid. Goes out: facts that join them, by what only the corp knows (developer.work.weixin.qq.com/document/path/95900).

A unionid gives the customer, or a pending id (待绑定) that stands for them for 90 days. Once they are a customer the corp tells of which
pending id they were, and so who they are. A pending id that has run out joins nobody and is asked for anew. Owns the tables
sync_strangers and sync_kin_places.
"""

from siyu.sources.kin.flow import A_CALL, PENDING_FOR, advance, meet
from siyu.sources.kin.store import counts, newcomers, oldest_pending, sweep
from siyu.sources.kin.words import Counts

__all__ = ["A_CALL", "PENDING_FOR", "Counts", "advance", "counts", "meet", "newcomers", "oldest_pending", "sweep"]
