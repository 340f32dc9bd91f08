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
    "required fields",
    "email address will",
    "related ",
    "most popular",
    "recent posts",
    "print this",
    "email this",
    "email a friend",
    "search this",
    "back to top",
    "my account",
    "advertisement",
    "basket",
    "shopping cart",
    "wish list",
    "load more",
    "previous post",
    "next post",
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
    "相关",
    "热门",
    "推荐",
    "会员",
    "收藏",
    "友情链接",
    "打印",
    "更多",
    "声明",
    "下载",
    "仅供",
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
    r"|required fields are marked|email address will not be published"
    r"|^related (?:articles|posts|stories|links|topics):?$"
    r"|^(?:most popular|most read|recent posts|recent comments|trending)\b.{0,20}$"
    r"|^(?:print|e-?mail) (?:this|a friend)\b"
    r"|^search (?:this|the|our) (?:site|website|blog)|^back to (?:the )?top$|^(?:my account|wish ?list|load more)$"
    r"|^advertise?ments?$|^(?:shopping )?(?:basket|cart|bag)(?: \(\d+.{0,10}\))?$|^(?:previous|next) post\b.{0,60}$"
    r"|follow us on|powered by \w+|\d+ comments?$|leave a (?:comment|reply)|add to cart|skip to (?:main )?content"
    r"|版权所有|未经.{0,8}(?:授权|许可|允许)|备案号|icp备|icp证|京公网安备|点击(?:这里|此处|查看|进入|下载|关注|蓝字|阅读)"
    r"|启用 ?javascript|隐私(?:政策|声明|条款)|(?:使用|服务)条款|阅读(?:更多|原文|全文)|扫一扫|扫码(?:关注|下载)"
    r"|责任编辑|^(?:相关|热门|最新|推荐)(?:阅读|文章|新闻|推荐|内容|专题|链接)[：:]?$|加入收藏|设为首页|^友情链接|会员(?:登录|注册)"
    r"|[\[［【]?(?:打印|关闭)(?:本页|窗口)?[\]］】]?$|^更多[>》]+$|并不(?:表明|代表)本(?:网|站)"
    r"|使用 ?cookies?\b|查看更多"
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
