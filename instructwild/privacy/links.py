"""Addresses that open something for whoever holds them, and addresses of machines that only insiders reach.

Webhooks and links of invitation act or let in; shared documents lie open to everybody who has the link; names of hosts
inside a network tell how it is built.
"""

import ipaddress
import re

from instructwild.privacy.rule import Rule
from instructwild.text.word_table import any_of, listed

_HOOKS = any_of(r"""
    discord(?:app)?\.com/api/webhooks/ | hooks\.slack\.com/(?:services|workflows|triggers)/
    webhook\.office\.com/webhookb2/ | logic\.azure\.com(?::443)?/workflows/
    open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v\d/hook/
    webhook\.site/ | hooks\.zapier\.com/hooks/catch/ | maker\.ifttt\.com/trigger/\w+/with/key/
    hook\.[a-z0-9.]{2,12}\.make\.com/ | hook\.[a-z0-9.]{2,12}\.integromat\.com/
    sctapi\.ftqq\.com/ | api\.day\.app/ | ntfy\.sh/(?=\w{12})
    /hooks/(?=[a-z0-9]{26}\b) | /webhooks?/(?:v\d/)?(?=[0-9a-fA-F-]{32,}|[A-Za-z0-9_-]{24,})
    infura\.io/v3/ | g\.alchemy\.com/v2/ | quiknode\.pro/ | ankr\.com/\w+/
    /(?:reset|password/reset|reset-password|verify|confirm|magic|invite|unsubscribe|activate)/(?=[A-Za-z0-9_-]{20,})
""")
"""Addresses that act, or let in, for whoever calls them; the part that opens them follows."""
_DOCUMENTS = any_of(r"""
    docs\.google\.com/(?:document|spreadsheets|presentation|forms)/d/(?:e/)?
    drive\.google\.com/(?:file/d/|drive/folders/|open\?id=|uc\?id=) | calendar\.google\.com/calendar/ical/
    photos\.app\.goo\.gl/ | share\.icloud\.com/ | www\.icloud\.com/(?:iclouddrive|photos)/
    1drv\.ms/ | onedrive\.live\.com/ | [a-z0-9-]+\.sharepoint\.com/:[a-z]:/ | www\.dropbox\.com/(?:s|sh|scl/f[io])/
    pan\.baidu\.com/(?:s/|share/) | pan\.quark\.cn/s/ | pan\.xunlei\.com/s/ | www\.ali(?:yun|pan)(?:drive)?\.com/s/
    (?:\w+\.)?lanzou\w\.com/ | cloud\.189\.cn/t/ | share\.weiyun\.com/ | 115\.com/s/ | www\.123pan\.com/s/
    [a-z0-9-]+\.(?:feishu\.cn|larksuite\.com)/(?:docx?|docs|sheets|wiki|base|file|mindnotes|minutes)/
    docs\.qq\.com/(?:doc|sheet|slide|form|pdf|mind)/ | (?:www\.)?kdocs\.cn/l/ | shimo\.im/(?:docs|sheets)/
    www\.notion\.so/(?=[^\s]*[0-9a-f]{32}) | [a-z0-9-]+\.notion\.site/(?=[^\s]*[0-9a-f]{32})
    www\.figma\.com/(?:file|design|board|proto)/(?=[A-Za-z0-9]{20,})
    [a-z0-9-]+\.airtable\.com/shr | airtable\.com/(?:app|shr)
    [a-z0-9.]*zoom\.us/j/\d | meet\.google\.com/[a-z]{3}- | teams\.microsoft\.com/l/meetup-join/
    meeting\.tencent\.com/(?:dm|p)/
    (?:www\.)?discord\.(?:gg|com/invite)/(?=[A-Za-z0-9]*\d|[A-Za-z0-9]{10}) | chat\.whatsapp\.com/ | t\.me/(?:joinchat/|\+)
    trello\.com/invite/ | join\.slack\.com/t/
    (?:chatgpt|chat\.openai|grok)\.com/share/(?=[0-9a-f-]{20}) | claude\.ai/share/(?=[0-9a-f-]{20})
""")
"""Documents, folders, meetings and talks that lie open to everybody who has the link."""
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})"
_AFTER = r"(?::\d{2,5})?(?:/[^\s\"'<>)，。]*)?(?![A-Za-z0-9-]|\.[A-Za-z0-9])"


def _real_link(match: re.Match[str]) -> bool:
    """Whether the part that opens it is drawn by chance, and no word for it."""
    value = match.group("it" if "it" in match.re.groupindex else 0)
    path = value.partition("://")[2].partition("/")[2] or value
    return not re.search(r"(?i)your|xxxx|example|\.\.\.|<|abc123|1234567890", value) and bool(re.search(r"[\dA-Z_-]", path))


def _inside(match: re.Match[str]) -> bool:
    """A host inside a network, and none of every tutorial."""
    return not TUTORIAL.search(match.group())


TUTORIAL = re.compile(r"(?i)\bcheckip\.|//(?:[\w-]+\.)*(?:example|your|my-?(?:server|host|domain|company)?|company|test|foo|"
                      r"host\.docker|metadata\.google|localhost)"
                      r"\.(?:\w+)|<|\{|\$")


def _private_address(match: re.Match[str]) -> bool:
    """An address in a private network that somebody chose: no router's own, none of a manual."""
    try:
        address = ipaddress.ip_address(host := re.split("[:/]", match.group("it"))[0])
    except ValueError:
        return False
    octets = host.split(".")
    stock = octets[3] == "1" or (octets[3] in STOCK_HOSTS and octets[2] in STOCK_NETWORKS)
    tidy = octets[1:] in (["1", "2", "3"], ["2", "3", "4"], ["20", "30", "40"], ["0", "2", "15"])
    return address.is_private and not address.is_loopback and not (stock or tidy)


STOCK_HOSTS = ("0", "2", "3", "5", "10", "20", "50", "100", "101", "254", "255")
STOCK_NETWORKS = ("0", "1", "2", "10", "31", "50", "56", "99", "100", "122", "137", "178")

_DYNAMIC = any_of(r"""
    synology\.me | quickconnect\.to | myqnapcloud\.com | duckdns\.org | ddns\.net | no-ip\.(?:org|com|biz) | hopto\.org
    zapto\.org | dyndns\.org | 3322\.org | vicp\.(?:net|cc) | oicp\.net | ngrok\.(?:io|app|dev) | ngrok-free\.app
    trycloudflare\.com | ts\.net | loca\.lt | serveo\.net | gotdns\.com | dynv6\.net | xicp\.net
""")
"""Names that point at somebody's machine at home."""
_DYNAMIC_WORDS = listed("""
    synology.me | quickconnect.to | myqnapcloud.com | duckdns.org | ddns.net | no-ip. | hopto.org | zapto.org | dyndns.org
    3322.org | vicp. | oicp.net | ngrok | trycloudflare.com | ts.net | loca.lt | serveo.net | gotdns.com | dynv6.net
    xicp.net
""")
_PRIVATE = r"(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})"
_INSIDE_ENDS = any_of(r"internal | corp | intranet | lan | local | localdomain | home\.arpa | svc\.cluster\.local")
_INSIDE_NAMES = any_of("internal | intranet | intra | corp | oa | erp | vpn")
"""Last labels of names that only a network of its own resolves, and labels that tell of one."""
_REACHES = any_of(r"""
    \b(?:ssh|scp|sftp|rsync|psql|mysql|ping|telnet|nslookup|dig|curl|wget)\b
    \b(?:hosts?|server|resolve|connect|lookup|getaddrinfo)\b
    主机 | 服务器 | 域名 | 解析
""")
_BEFORE_AN_IP = any_of(r"""
    (?:https?|ftp|ssh|rtsp|redis|mongodb|postgres(?:ql)?|mysql|amqp|wss?|smb)://(?:[^\s/@]{1,80}@)?
    (?<![\w.-])[\w.-]{1,32}@
    (?i:(?:服务器|主机|内网地址|内网ip|内网)\s{0,2}[:：是为=在]?\s{0,2})
    (?i:\bmstsc(?:\.exe)? /v:|\b(?:ping|ssh|telnet|nmap|traceroute|tracert|nc)\s(?:-\S+\s){0,2})
    (?i:(?:server|host|private ip|internal ip|ip地址|ip address|ip)\s{0,2}(?:is|at|[:：是为=])\s{0,2})
""")
"""What stands before an address of a private network that somebody uses."""
LINKS = (
    Rule("KEY", re.compile(rf"(?:{_HOOKS})(?P<it>[A-Za-z0-9@/_.?=&%-]{{10,}})"), _real_link, needs="/"),
    Rule("KEY", re.compile(r"https?://(?P<it>eo[a-z0-9]{12,20})\.m\.pipedream\.net"), _real_link, needs="/"),
    Rule("KEY", re.compile(r"(?i)\b(?:ssr?|vmess|vless|trojan|hysteria2?|hy2|tuic)://(?P<it>[^\s\"'<>`，。]{8,4000})"),
         _real_link, needs="/"),
    Rule("URL", re.compile(rf"https?://(?:{_DOCUMENTS})[A-Za-z0-9!_\-./%?=&+#:@]{{5,}}"), _real_link, needs="/"),
    Rule("URL", re.compile(rf"(?i)(?<![a-z])[a-z][a-z0-9+.-]{{1,20}}://(?:[^\s/@]{{1,80}}@)?(?:{_HOST}\.){{0,6}}"
                           rf"(?:intranet|(?:{_HOST}\.){{1,3}}(?:{_INSIDE_ENDS}))" + _AFTER), _inside, needs="/"),
    Rule("URL", re.compile(rf"(?i)https?://(?:(?:{_HOST}\.){{0,4}}(?:{_INSIDE_NAMES})\.(?:{_HOST}\.){{1,3}}[a-z]{{2,10}}|"
                           rf"(?:{_HOST}\.){{1,4}}{_HOST}-(?:corp|inc|internal|intra)\.[a-z]{{2,6}})" + _AFTER), _inside,
         needs="/"),
    Rule("URL", re.compile(rf"(?i)(?<![A-Za-z0-9.-])(?:https?://)?(?:{_HOST}\.){{1,3}}(?:{_DYNAMIC})" + _AFTER),
         _inside, words=_DYNAMIC_WORDS),
    Rule("URL", re.compile(rf"(?i)https?://(?=[a-z0-9-]{{0,40}}-(?:prod|stage|staging|uat|corp|int|internal|dev\d|"
                           rf"\d{{1,3}})[:/]){_HOST}(?::\d{{2,5}})?/[^\s\"'<>)，。]+"),
         _inside, needs="/"),
    Rule("URL", re.compile(rf"(?i)(?:{_REACHES})[^\n]{{0,80}}?(?<![A-Za-z0-9.-])"
                           rf"(?P<it>(?:[\w.-]{{1,32}}@)?(?:{_HOST}\.){{1,5}}(?:internal|corp|intranet|lan|local))"
                           r"(?![A-Za-z0-9-]|\.[A-Za-z0-9])"),
         words=(".internal", ".corp", ".intranet", ".lan", ".local")),
    Rule("URL", re.compile(rf"(?<![\\A-Za-z0-9])\\\\(?:{_HOST}\.){{1,5}}[A-Za-z]{{2,10}}(?:\\[^\\\s\"'<>|*?]{{1,80}})+"),
         needs="\\"),
    Rule("IP", re.compile(rf"(?:{_BEFORE_AN_IP})(?P<it>{_PRIVATE}(?![\d.]|/\d(?!\w))(?::\d{{2,5}})?(?:/"
                          rf"[^\s\"'<>)，。]{{1,200}})?)"),
         _private_address, needs=".", words=("10.", "192.168.", "172."), digits=6),
)
"""The surest first."""
