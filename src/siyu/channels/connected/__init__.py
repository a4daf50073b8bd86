"""What the channels of the connected vendors share: whom they reach, what an answer of a vendor means, receipts, handing a conversation to
a person. No channel itself."""

from siyu.channels.connected.answering import VendorLine, clients, doubtless, result_of
from siyu.channels.connected.handing import hand_over, handed_over
from siyu.channels.connected.reaching import by_desk, by_openid
from siyu.channels.connected.receipts import follow

__all__ = ["VendorLine", "by_desk", "by_openid", "clients", "doubtless", "follow", "hand_over", "handed_over", "result_of"]
