"""A simulated WeCom corp: in come the calls of section 1 to 3 of the vendor's documents, under `/wecom/cgi-bin/`; out go their answers and
encrypted callbacks. `/sandbox/corp/...` is the hand behind it. Owns the file corp.pickle in the sandbox's data folder.
"""

from siyu.sandbox.corp.founding import AGENTID, CORPID, Corps
from siyu.sandbox.corp.routes import routes

__all__ = ["AGENTID", "CORPID", "Corps", "routes"]
