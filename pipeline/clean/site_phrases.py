"""Site phrases: what web sites say about themselves rather than about anything (C4; YuLan-GARDEN; Chinese portals).

A phrase makes a line boilerplate only where the line is short: an article about cookies is not a cookie banner.
"""

from __future__ import annotations

import re

LONGEST_LINE = 240
"""Characters; a longer line is prose that mentions the phrase."""
_TRIGGERS = (
    "cookie",
    "javascript",
    "privacy",
    "terms ",
    "rights reserved",
    "click here",
    "more about",
    "newsletter",
    "subscribe",
    "copyright",
    "not found",
    "lorem ipsum",
    "log in",
    "sign up",
    "sign in",
    "share this",
    "share on",
    "follow us",
    "powered by",
    "comments",
    "add to cart",
    "skip to",
    "版权",
    "授权",
    "备案",
    "icp",
    "点击",
    "隐私",
    "条款",
    "阅读",
    "扫一扫",
    "扫码",
    "编辑",
    "关注",
    "分享",
    "登录",
    "上一篇",
    "下一篇",
    "首页",
    "举报",
    "转载",
    "公众号",
    "客户端",
    "网友评论",
    "免责声明",
    "启用",
)
"""Lower-case parts of the phrases, one of which every phrase holds: most pages hold none, and plain search is quick."""
_FILLER = re.compile(r"lorem ipsum dolor sit amet")
_PHRASES = re.compile(
    r"\buses? (?:of )?cookies|cookie (?:policy|settings|preferences|notice)|accept (?:all )?cookies"
    r"|(?:enable|requires?|activate|turn on) javascript|javascript (?:is|to be|must be) (?:disabled|enabled|required)"
    r"|privacy (?:policy|notice|statement)|terms (?:of (?:use|service)|and conditions|& conditions)"
    r"|all rights reserved|\bclick here\b|(?:learn|read) more about|subscribe to (?:our|my|the) "
    r"|sign up (?:for|to) (?:our|the|get|receive)|newsletter(?: signup)?$|copyright (?:©|\(c\)|\d{4})|©\s*\d{4}"
    r"|page (?:could )?not (?:be )?found|404 not found"
    r"|(?:you must|please) (?:be )?(?:log(?:ged)? in|sign(?:ed)? in|register)"
    r"|^log ?in\b.{0,20}\b(?:register|sign ?up)|share (?:this|on) (?:article|post|page|story|facebook|twitter|linkedin)"
    r"|follow us on|powered by \w+|\d+ comments?$|leave a (?:comment|reply)|add to cart|skip to (?:main )?content"
    r"|版权所有|未经.{0,8}(?:授权|许可|允许)|备案号|icp备|icp证|京公网安备|点击(?:这里|此处|查看|进入|下载|关注|蓝字|阅读)"
    r"|启用 ?javascript|隐私(?:政策|声明|条款)|(?:使用|服务)条款|阅读(?:更多|原文|全文)|扫一扫|扫码(?:关注|下载)"
    r"|责任编辑"
    r"|关注(?:我们|微信|公众号|官方)|微信公众号|分享(?:到|至)|请(?:先)?登录|登录.{0,4}注册|上一篇|下一篇|返回(?:首页|顶部)"
    r"|(?:首页|网站地图).{0,12}(?:联系我们|关于我们)|举报(?:电话|邮箱)|转载请注明|下载.{0,6}客户端|网友评论|免责声明"
)


def mentions(lowered: str) -> bool:
    """Say whether a text in lower case may hold a boilerplate line; False is certain."""
    return any(trigger in lowered for trigger in _TRIGGERS)


def is_boilerplate(line: str, longest: int = LONGEST_LINE) -> bool:
    """Say whether a line is filler, or is short and holds a phrase."""
    lowered = line.lower()
    return bool(_FILLER.search(lowered) or (len(line) <= longest and _PHRASES.search(lowered)))
