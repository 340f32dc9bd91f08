"""Site phrases: what web sites say about themselves rather than about anything (C4; YuLan-GARDEN; Chinese portals).

A phrase makes a line boilerplate only where the line is short: an article about cookies is not a cookie banner. Chinese
phrases that are also words of prose count only where they begin a line or stand alone between signs.
"""

from __future__ import annotations

import re

LONGEST_LINE = 240
"""Characters; a longer line is prose that mentions the phrase."""
_TRIGGERS = (
    "©", "cookie", "javascript", "privacy", "terms ", "rights reserved", "click here", "more about", "newsletter",
    "subscribe", "copyright", "not found", "not be found", "lorem ipsum", "log in", "login", "logged in", "sign up",
    "sign in", "signed in", "please register", "please be register", "must register", "must be register", "share this",
    "share on", "follow us", "powered by", "comment", "required fields", "email address will", "related ",
    "most popular", "most read", "trending", "recent posts", "print this", "mail this", "a friend", "search th",
    "search our", "back to", "my account", "advertis", "basket", "cart", "bag", "wishlist", "wish list", "load more",
    "previous post", "next post", "skip to", "leave a ",
    "版权", "未经", "备案", "icp", "公网安备", "点击", "启用", "隐私", "条款", "阅读", "扫一扫", "扫码",
    "编辑", "相关", "热门", "最新", "推荐", "收藏", "设为首页", "友情链接", "会员", "打印", "关闭", "更多",
    "并不", "关注", "公众号", "分享", "登录", "上一篇", "下一篇", "返回", "首页", "网站地图", "举报", "转载",
    "客户端", "网友评论", "免责声明",
)  # fmt: skip
"""Lower-case parts of the phrases, one of which every phrase holds: most pages hold none, and plain search is quick."""
_FILLER = re.compile(r"lorem ipsum dolor sit amet")
_ALONE = r"(?:^|[\s|｜·/:：、,，《>»\[【]|我们的|本站的?|本网站?的?|网站)"
_END = r"(?=$|[\s|｜·/:：、,，》<«\]】])"
PHRASES = (
    r"\buses? (?:of )?cookies",
    r"cookie (?:policy|settings|preferences|notice)",
    r"accept (?:all )?cookies",
    r"(?:enable|requires?|activate|turn on) javascript",
    r"javascript (?:is|to be|must be) (?:disabled|enabled|required)",
    r"privacy (?:policy|notice|statement)",
    r"terms (?:of (?:use|service)|and conditions|& conditions)",
    r"all rights reserved",
    r"\bclick here\b",
    r"(?:learn|read) more about",
    r"subscribe to (?:our|my|the) ",
    r"sign up (?:for|to) (?:our|the|get|receive)",
    r"newsletter(?: signup)?$",
    r"copyright (?:©|\(c\)|\d{4})",
    r"©\s*\d{4}",
    r"page (?:could )?not (?:be )?found",
    r"404 not found",
    r"(?:you must|please) (?:be )?(?:log(?:ged)? in|sign(?:ed)? in|register)",
    r"^log ?in\b.{0,20}\b(?:register|sign ?up)",
    r"share (?:this|on) (?:article|post|page|story|facebook|twitter|linkedin)",
    r"required fields are marked",
    r"email address will not be published",
    r"^related (?:articles|posts|stories|links|topics):?$",
    r"^(?:most popular|most read|recent posts|recent comments|trending)\b.{0,20}$",
    r"^(?:print|e-?mail) (?:this|a friend)\b",
    r"^search (?:this|the|our) (?:site|website|blog)",
    r"^back to (?:the )?top$",
    r"^(?:my account|wish ?list|load more)$",
    r"^advertise?ments?$",
    r"^(?:shopping )?(?:basket|cart|bag)(?: \(\d+.{0,10}\))?$",
    r"^(?:previous|next) post\b.{0,60}$",
    r"follow us on",
    r"powered by \w+",
    r"\d+ comments?$",
    r"leave a (?:comment|reply)",
    r"add to cart",
    r"skip to (?:main )?content",
    r"版权所有",
    r"未经.{0,8}(?:授权|许可|允许)",
    r"备案号",
    r"icp(?:备|证)",
    r"京公网安备",
    r"点击(?:这里|此处|查看|进入|下载|关注|蓝字|阅读)",
    r"启用 ?javascript",
    rf"{_ALONE}(?:隐私(?:政策|声明|条款)|(?:使用|服务)条款|免责声明){_END}",
    rf"{_ALONE}(?:阅读(?:更多|原文|全文)|查看更多)",
    rf"扫一扫(?:关注|下载|添加|分享|加|上方|下方|二维码)|{_ALONE}扫一扫{_END}",
    r"扫码(?:关注|下载)",
    rf"责任编辑(?:[：:]|{_END})",
    r"^(?:相关|热门|最新|推荐)(?:阅读|文章|新闻|推荐|内容|专题|链接)[：:]?$",
    r"加入收藏|设为首页",
    r"^友情链接",
    r"会员(?:登录|注册)",
    r"(?:^|[\s|｜\[［【])(?:打印|关闭)(?:本页|窗口)?[\]］】]?$",
    r"^更多[>》]+$",
    r"并不(?:表明|代表)本(?:网|站)",
    r"使用 ?cookies?\b",
    r"关注(?:我们(?!的)|微信|公众号|官方)",
    rf"微信公众号(?:[“「(（]|{_END})",
    r"^(?:一键)?分享(?:到|至)",
    r"请(?:先)?登录",
    r"登录.{0,4}注册",
    rf"{_ALONE}(?:上|下)一篇(?:文章|新闻)?{_END}",
    r"返回(?:首页|顶部)",
    r"(?:首页|网站地图).{0,12}(?:联系我们|关于我们)",
    r"举报(?:电话|邮箱)",
    r"转载请注明",
    r"下载.{0,6}客户端",
    r"^网友评论",
)
"""Expressions for lines in lower case."""
_PHRASES = re.compile("|".join(PHRASES))
_SENTENCE = re.compile(r"[.!?。！？…][\"'”’」』)）]*\s*$")
_TO_THE_READER = re.compile(
    r"\b(?:we use|(?:this|our) (?:web)?site|this page|please|you (?:must|accept|agree|consent)|your (?:browser|email)"
    r"|all rights reserved|required fields)\b|©|copyright \(c\)|本网|本站|(?<![邀申])请(?!求)|您|翻印必究|版权所有"
    r"|icp(?:备|证)|安备|扫一扫(?:关注|下载|添加)|扫码(?:关注|下载)|点击(?:这里|此处)"
)
"""A site's own voice, and formulas that stand nowhere else."""


def mentions(lowered: str) -> bool:
    """Say whether a text in lower case may hold a boilerplate line; False is certain."""
    return any(trigger in lowered for trigger in _TRIGGERS)


def is_boilerplate(line: str, longest: int = LONGEST_LINE) -> bool:
    """Say whether a line is filler, or is short and holds a phrase."""
    lowered = line.lower()
    return bool(_FILLER.search(lowered) or (len(line) <= longest and _PHRASES.search(lowered)))


def is_sentence(line: str) -> bool:
    """Say whether a line that holds a phrase is a sentence about something else: most of it is other words.

    What a site tells its reader (``We use cookies to ...``) is none.
    """
    lowered = line.strip().lower()
    if not _SENTENCE.search(lowered) or _TO_THE_READER.search(lowered):
        return False
    return 2 * sum(len(match[0]) for match in _PHRASES.finditer(lowered)) < len(lowered)
