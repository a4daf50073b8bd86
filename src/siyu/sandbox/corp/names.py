"""Plausible but invented people: names, shops and numbers that belong to nobody (mobile numbers from a block that is not given out)."""

from __future__ import annotations

import random

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华文玉萍红鑫宇欣怡浩然思雨佳琪子轩梓涵若曦晨阳语嫣可心诗雅沐一诺安乐景行知远清和书瑶云舒"
)
_NICK = ("小鱼", "阳光", "晴天", "半夏", "初心", "南风", "糖糖", "小满", "听雨", "星河", "Amy", "Leo", "豆豆妈", "柚子", "橙子", "阿茶")


def person_name(dice: random.Random) -> str:
    """A full name."""
    return dice.choice(_SURNAMES) + "".join(dice.choice(_GIVEN) for _ in range(dice.choice((1, 2, 2))))


def shown_name(dice: random.Random) -> str:
    """What somebody calls themselves in WeChat: their name, or a nickname."""
    return dice.choice(_NICK) + (str(dice.randint(1, 99)) if dice.random() < 0.4 else "") if dice.random() < 0.45 else person_name(dice)


def mobile(number: int) -> str:
    """A mobile number of a block that no carrier gives out (12...), distinct for distinct numbers."""
    return f"12{number % 1_000_000_000:09d}"
