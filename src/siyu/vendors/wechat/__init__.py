"""公众号, 服务号, 小程序. Callbacks are opened by `siyu.vendors.open_callback`, plain ones tried by `is_signed`."""

from siyu.vendors.wechat import shapes
from siyu.vendors.wechat.mini import Mini
from siyu.vendors.wechat.official import Official

__all__ = ["Mini", "Official", "shapes"]
