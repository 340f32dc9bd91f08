"""Planted faults: junk of many kinds, made out of clean pages or from the phrases that such junk consists of.

Each maker takes a generator and gives texts whose kind is known; nothing here knows a filter's thresholds. Phrases of
sites and of spam were written down for these tests and share no list with the filters.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Sequence

Pages = Sequence[str]

SITE_EN = (
    "Home",
    "About us",
    "Contact",
    "Our team",
    "Careers",
    "Press room",
    "Log in / Register",
    "My account",
    "Wish list",
    "Basket (0 items)",
    "Search this site",
    "Skip to main content",
    "Back to top",
    "Print this page",
    "Email a friend",
    "We use cookies to give you the best experience on our website. By continuing you accept our cookie policy.",
    "This site requires JavaScript. Please enable JavaScript in your browser and reload the page.",
    "© 2019 Greenfield Media Ltd. All rights reserved.",
    "Terms and conditions | Privacy policy | Accessibility",
    "Sign up to our newsletter and never miss a story",
    "Follow us on Facebook, Twitter and Instagram",
    "Share this:",
    "Click here to read more about our services",
    "You must be logged in to post a comment.",
    "12 comments",
    "Related articles",
    "Most popular this week",
    "Advertisement",
    "Powered by WordPress",
    "Leave a reply",
    "Your email address will not be published. Required fields are marked *",
    "Page not found",
    "Load more",
    "Subscribe to our channel for the latest updates",
    "Copyright 2020 Example Corporation",
    "Next page",
    "Previous",
)
SITE_ZH = (
    "首页",
    "新闻中心",
    "关于我们",
    "联系我们",
    "网站地图",
    "加入收藏",
    "设为首页",
    "会员登录 免费注册",
    "返回顶部",
    "版权所有 © 2018 某某信息网 未经书面授权禁止转载",
    "京ICP备10012345号-2",
    "责任编辑：王小明",
    "上一篇：没有了",
    "下一篇：返回列表",
    "扫一扫关注官方微信公众号",
    "点击这里下载手机客户端",
    "分享到：微博 微信 QQ空间",
    "相关阅读",
    "热门推荐",
    "举报电话：12377",
    "本网站使用 Cookie 以改善您的浏览体验，继续浏览即表示您同意我们的隐私政策。",
    "请启用 JavaScript 后刷新本页面。",
    "友情链接",
    "网友评论仅供其表达个人看法，并不表明本网站同意其观点。",
    "免责声明：本文内容来自网络，如有侵权请联系删除。",
    "更多>>",
    "[打印] [关闭]",
    "您好，请登录后发表评论",
    "阅读全文",
    "下载APP",
    "广告",
    "上海公安备案号 31010102000001",
    "查看更多精彩内容",
)
SPAM_ZH = (
    "【{a}】诚信经营十年老店，{b}，加微信 vx{n} 免费领取资料，名额有限，先到先得！",
    "{b}！{b}！日赚{n}元不是梦，在家轻松兼职，无需经验，手机操作，当天结算，咨询QQ：{n}。",
    "{a}官网唯一入口，注册即送{n}元彩金，提款秒到账，{b}，点击进入www.{l}{n}.com。",
    "专业代办{a}，{b}，不成功不收费，电话微信同号，全国包邮，货到付款，假一赔十。",
    "想要{b}吗？{a}帮您实现！原价{n}元，今日特价仅需{m}元，扫码立即抢购，错过再等一年。",
    "{a}信誉平台，百家乐、时时彩、真人视讯，{b}，24小时在线客服，推荐好友再送{m}元。",
    "贷款无抵押，{b}，凭身份证当天放款{n}万，{a}专线服务，征信不好也可办理，马上加QQ{n}。",
    "{a}祖传秘方，三天见效，{b}，治愈率高达百分之九十九，无效退款，订购热线400-{n}。",
)
_NAMES_ZH = (
    "金沙娱乐",
    "美丽人生减肥茶",
    "鑫隆金融",
    "皇冠国际",
    "速达办证",
    "康寿堂",
    "财富通",
    "聚宝盆",
    "天天发棋牌",
    "优品折扣",
)
_CLAIMS_ZH = (
    "轻松月入过万",
    "一个疗程瘦二十斤",
    "利息全网最低",
    "返水高达百分之三",
    "包过包退",
    "全场一折起",
    "稳赚不赔",
    "永久有效",
)


def menus(pages: Pages, seed: random.Random, phrases: Sequence[str]) -> str:
    """A page of links: short lines, none a sentence, as sites have them around and instead of articles."""
    titles = [page.strip().split("\n")[0][:24].rstrip(".。,，") for page in seed.sample(list(pages), 12)]
    lines = [phrase for phrase in seed.sample(list(phrases), 14) if len(phrase) < 30] + titles
    seed.shuffle(lines)
    return "\n".join(lines)


def boilerplate(pages: Pages, seed: random.Random, phrases: Sequence[str]) -> str:
    """A page that holds only what a site says of itself."""
    return "\n".join(seed.sample(list(phrases), 16))


def framed(pages: Pages, seed: random.Random, phrases: Sequence[str]) -> tuple[str, list[str]]:
    """A clean page inside the lines a site puts around it, and those of the lines that name themselves."""
    article = seed.choice(list(pages))
    around = seed.sample([phrase for phrase in phrases if len(phrase) > 15], 5)
    return "\n".join([*around[:2], article, *around[2:]]), around


def chinese_spam(pages: Pages, seed: random.Random, phrases: Sequence[str]) -> str:
    """Advertisements of several kinds in one page."""
    texts = seed.sample(SPAM_ZH, 5)
    made = [
        text.format(
            a=seed.choice(_NAMES_ZH),
            b=seed.choice(_CLAIMS_ZH),
            n=seed.randrange(100, 99999),
            m=seed.randrange(9, 999),
            l=seed.choice(("bet", "vip", "am", "hg")),
        )
        for text in texts
    ]
    return "\n".join(made)


def mojibake(pages: Pages, seed: random.Random) -> tuple[str, str]:
    """A page read in the wrong encoding, in one of the ways it happens, and the page as it was."""
    right = seed.choice(list(pages)).replace("'", "’").replace('"', "“").replace("-", "—")
    wrong = [
        right.encode("utf-8").decode("cp1252", "replace"),
        right.encode("utf-8").decode("latin-1"),
        _damaged(right, seed),
        right.encode("utf-16-le").decode("latin-1"),
    ]
    if sum(not character.isascii() for character in right) > len(right) / 3:
        wrong += [
            right.encode("utf-8").decode("gbk", "replace"),
            right.encode("gb18030", "replace").decode("utf-8", "replace"),
            right.encode("gb18030", "replace").decode("latin-1"),
        ]
    return seed.choice(wrong), right


def _damaged(text: str, seed: random.Random) -> str:
    return "".join("\ufffd" if seed.random() < 0.06 else character for character in text)


def garbled(pages: Pages, seed: random.Random, phrases: Sequence[str]) -> str:
    """No text at all: dumps, random characters, letters out of order, words without sense or with signs inside."""
    text = seed.choice(list(pages))[:3000]
    kind = seed.randrange(5)
    if kind == 0:
        return "\n".join(base64.b64encode(seed.randbytes(57)).decode() for _ in range(25))
    if kind == 1:
        return "\n".join(" ".join(f"{seed.randrange(256):02x}" for _ in range(16)) for _ in range(30))
    if kind == 2:
        letters = "abcdefghijklmnopqrstuvwxyz0123456789,.;/#@! "
        return "".join(seed.choice(letters) for _ in range(1500))
    if kind == 3:
        return "".join(seed.choice("|_~^*#%&=+<>/\\") if seed.random() < 0.35 else character for character in text)
    return "".join(chr(seed.randrange(0x4E00, 0x9FA5)) if seed.random() < 0.9 else "，" for _ in range(600))


def repeated(pages: Pages, seed: random.Random, phrases: Sequence[str]) -> str:
    """One sentence, or a few, again and again with small changes, as pages for search engines have it."""
    text = seed.choice(list(pages))
    ends = "。" if "。" in text else "."
    sentences = [part.strip() + ends for part in text.replace("\n", " ").split(ends) if 15 < len(part) < 200][:3]
    sentences = sentences or [text[:80] + ends]
    return " ".join(f"{seed.choice(sentences)}{seed.randrange(1000)}" for _ in range(40))


def identity_number(seed: random.Random) -> str:
    """A resident identity number whose check digit is right (GB 11643)."""
    region = seed.choice(("110101", "310104", "440305", "510107", "330106", "610103"))
    day = f"{seed.randrange(1950, 2006)}{seed.randrange(1, 13):02d}{seed.randrange(1, 29):02d}"
    body = f"{region}{day}{seed.randrange(1000):03d}"
    remainder = sum(int(digit) * pow(2, 17 - i, 11) for i, digit in enumerate(body)) % 11
    return body + "10X98765432"[remainder]


_HOSTS = ("163.com", "qq.com", "gmail.com", "uni-jena.de", "cs.ucl.ac.uk", "firm.com.cn")


def personal(kind: str, seed: random.Random, *, chinese: bool) -> tuple[str, str]:
    """Return a sentence that holds personal data, and the data; in English it says of a telephone number what it is.

    There eleven bare digits are no telephone number to anyone.
    """
    number = f"{seed.choice(('138', '159', '186', '177', '199', '150'))}{seed.randrange(10**8):08d}"
    name = seed.choice(("li.wei", "zhangsan88", "j_smith", "anna-k", "wang2008", "mueller"))
    data = {
        "email": f"{name}@{seed.choice(_HOSTS)}",
        "ip_address": seed.choice(
            (
                f"{seed.randrange(24, 99)}.{seed.randrange(256)}.{seed.randrange(256)}.{seed.randrange(1, 255)}",
                f"2408:8{seed.randrange(100, 999)}:{seed.randrange(1, 9999)}::{seed.randrange(1, 99)}",
            )
        ),
        "phone": seed.choice((number, f"+86 {number}", f"{number[:3]}-{number[3:7]}-{number[7:]}")),
        "id_number": identity_number(seed),
    }[kind]
    calling = (
        "For questions call {} and we will answer soon.",
        "My phone is {}, day and night.",
        "Contact: {} (mobile), or come in person.",
    )
    sentences = {
        True: (
            "如有疑问请发送至{}，我们会尽快答复。",
            "据记录，当事人的号码是{}，已由本人确认。",
            "详情见{}（工作日有效）。",
        ),
        False: (
            "For questions write to {} and we will answer soon.",
            "The record gives {} as the only entry.",
            "Ask for {} at the desk, or come in person.",
        ),
    }[chinese]
    return seed.choice(calling if kind == "phone" and not chinese else sentences).format(data), data


INNOCENT = (
    "Take x = 13800138000 + 27 and solve for y.",
    "$N = 15912345678$ is not prime.",
    "Released in version 4.18.0.193 of the kernel.",
    "See section 10.2.1.3 and theorem 3.1.4.1.",
    "On 2023-10-12 at 12:30:45 the run began.",
    "The product A@B.T is symmetric.",
    "@dataclass(frozen=True) is a decorator.",
    "The server listens on 127.0.0.1:8080 and 192.168.1.10.",
    "ISBN 978-7-111-40701-0",
    "总计13912345678元，比去年多。",
    "圆周率 3.14159265358979323846 是无理数。",
    "n = 110101199003074518 + 1",
    "1.2.3.4 is a multi-index.",
    "std::vector<int> v; a::b::c();",
    "MAC 00:1A:2B:3C:4D:5E is local.",
    "编号20231012345678901234的文件已归档。",
    "10^18 = 1000000000000000000",
    "Write to user@example.com in the examples.",
    "numpy==1.26.4.1 breaks it.",
    "约有18600000000个细胞。",
)
"""Sentences with numbers and signs that are nobody's data."""
