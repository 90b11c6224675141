"""Where somebody lives, where they are, and where their files and machines stand."""

import ipaddress
import re

from instructwild.privacy.numbers import DIGITS
from instructwild.privacy.rule import Rule, holds
from instructwild.text.scripts import ANY_HAN, CJK_CHARACTERS
from instructwild.text.word_table import any_of, listed


def _internet(match: re.Match[str]) -> bool:
    """A public address of a machine; versions and section numbers look like one, private networks tell nothing."""
    value = re.sub(r"[\[\]()]|dot|点", lambda sign: "." if sign.group() in ("dot", "点") else "", match.group())
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    if SUBNET.match(match.string, match.end()) or not _of_a_machine(address, value):
        return False
    before = ITS_LIST.sub("", match.string[max(0, match.start() - BEFORE_AN_ADDRESS):match.start()])
    beside = match.string[max(0, match.start() - BESIDE):match.end() + BESIDE].casefold()
    if VERSION.search(before[-24:]) or holds(beside, LESSON_WORDS) or LESSON.search(beside):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return True
    near = match.string[max(0, match.start() - NEAR):match.end() + NEAR]
    if any(int(part) > 255 for quad in QUAD.findall(near) for part in quad.split(".")):
        return False
    return max(map(int, value.split("."))) >= LEAST_OF_A_NETWORK or (
        not HEADING.search(match.string, match.start() - 8, match.end() + 24) and NETWORK.search(near) is not None)


def _of_a_machine(address: ipaddress.IPv4Address | ipaddress.IPv6Address, value: str) -> bool:
    """A number that one machine may have on the internet: no network, no private address, none of every manual."""
    if isinstance(address, ipaddress.IPv6Address):
        return not (address.is_loopback or address.is_unspecified or address.is_link_local) and value.count(":") >= 3
    octets = [int(part) for part in value.split(".")]
    ours = any(address in network for network in OWN_NETWORKS)
    stock = value in PUBLIC_RESOLVERS or value.startswith("123.45.67.") or value in ("12.34.56.78", "11.22.33.44")
    return not (ours or stock or octets[3] in (0, 255) or octets[0] in (0, 255) or max(octets) < 20)


SUBNET = re.compile(r"/\d")
BEFORE_AN_ADDRESS = 60
ITS_LIST = re.compile(r"(?:\d[\d.]{2,12}\s?(?:,|，|、|/|-|–|and|or|to|和|或|到|至)\s?){1,3}\Z")
"""Others in one list with it."""
QUAD = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
"""Four numbers with dots between them: where one is above 255, those beside it are of a lesson too."""
LESSON_WORDS = listed("""
    subnet | netmask | cidr | valid ip | valid ipv4 | dotted decimal | dotted-decimal | to binary | hexadecimal
    separated by colons | separated by dots | address space | 子网 | 掩码 | 私有地址 | 十六进制
    有效ip | 有效的ip | 有效的 ip | 无效ip | 无效的ip | 无效的 ip
""")
LESSON = re.compile(r"class [a-e] address|(?:下列|以下|下面)[^\n]{0,16}地址|"
                    r"which of (?:these|the following)[^\n]{0,40}address")

LEAST_OF_A_NETWORK = 100
"""Four numbers below it may be a version, a section, or columns of a table: a word says that they are an address."""
NETWORK = re.compile(r"(?i)\bip\b|ipv4|(?<![A-Za-z])ip(?![a-z])|host|server|\bping|\bssh|telnet|traceroute|nmap|"
                     r"\bports?\b|connect|address|"
                     r"network|\blog|\bfrom\b|\bdns|curl|http|://|@|proxy|firewall|router|\bvps|\bvpn|"
                     r"服务器|主机|地址|端口|公网|宽带|登录|登陆|访问|机房|防火墙|路由|网络|解析")
NEAR = 60
BESIDE = 300
"""Words within so many characters that make an address one of a lesson on addresses."""
VERSION = re.compile(r"(?:(?<![a-z])(?:versions?(?: is| of| numbers?| no\.?)?|ver\.?|v|build|release|firmware|版本号?"
                     r"|sections?|sec\.|chapter|clauses?|paragraph|figure|fig\.|table|appendix|§|[=><~]=|小?节|章|第|附录|图|表)"
                     r"\s*[:：=*_]{0,4}\s*|(?:^|[\s;(,])[a-z][a-z-]{1,20}/)$", re.IGNORECASE)
"""What stands before a version, a section or a figure."""
HEADING = re.compile(rf"(?m)^[ \t#*]{{0,6}}(?:\d{{1,3}}\.){{3}}\d{{1,3}}[ \t]{{1,3}}(?:[A-Z][a-z]+|(?![登访连来])"
                     rf"{ANY_HAN})")
"""A number at the head of a line, with a title behind it."""
PUBLIC_RESOLVERS = ("8.8.8.8", "8.8.4.4", "9.9.9.9", "114.114.114.114", "223.5.5.5")
OWN_NETWORKS = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                                                "192.168.0.0/16", "224.0.0.0/4")))


def _home(match: re.Match[str]) -> bool:
    """A home folder of somebody, and of no example or system account."""
    return not ANYBODY.fullmatch(match.group("it"))


ANYBODY = re.compile(
    r"(?i)<?\[?\{?(?:your|my|the)?[_-]?(?:user(?:_?name)?|name|account|home|folder|path|dir|project|login)\d*\]?>?\}?|you"
    r"|me|ubuntu|(?:open_?)?assistant|"
    r"admin(?:istrator)?|root|public|default|shared|runner|vagrant|pi|ec2-user|hadoop|jovyan|foo|bar|baz|alice|bob|john|j"
    r"ane|"
    r"john_?doe|jdoe|jane_?doe|test|tester|dev|developer|app|node|git|www|www-data|ftp|guest|student|linuxbrew|docker|vsc"
    r"ode|postgres|"
    r"mac-?book(?:-?(?:air|pro))?|i?mac|lenovo|dell|hp|asus|acer|toshiba|samsung|windows|pc|(?:my|home)-?pc|laptop|desktop|"
    r"documents|downloads|computer|owner|vsts|vscode|appveyor|gitlab-runner|builder|build|ci|"
    r"centos|debian|fedora|arch|manjaro|kali|opc|azureuser|circleci|travis|jenkins|deploy|work|web|site|data|pages?|index|about|contact|products?|"
    r"news|[\w-]*(?:directory|folder|project|backup)s?|all users|default user|"
    r"\.+|%\w+%?|example|someone|somebody|xxx+|abc|us-?er\w*|file\w*|log(?:s|in|out)?|main|list|new|edit|profile|settings|"
    r"bin|lib|etc|var|tmp|opt|src|conf(?:ig)?")


def _somebody_here(match: re.Match[str]) -> bool:
    """Whether the words before coordinates say that somebody is there, and not a landmark."""
    return bool(re.search(f"(?i){_WHERE}", match.string[max(0, match.start() - 60):match.start()]))


def _prompt(match: re.Match[str]) -> bool:
    """`name@host` at the head of a shell's line, of somebody."""
    return not ANYBODY.fullmatch(match.group("it").partition("@")[0])


def _address(match: re.Match[str]) -> bool:
    value = match.group()
    if FAMOUS_ZH.search(value) or FAMOUS.match(re.sub(r"\A\d{1,3}, ", "", value)):
        return False
    stock = FAMOUS.match(value) and not (STOCK_NUMBERS.match(value) and re.search(_POSTCODE, value))
    before = match.string[max(0, match.start() - BEFORE_A_PLACE):match.start()].rpartition("\n")[2]
    if (OPEN_TO_ALL.search(before) or OPEN_HOURS.match(match.string, match.end())) and not OF_SOMEBODY.search(before):
        return False
    return not stock and not (A_YEAR.match(value) and "," not in value) and not NO_STREET.match(value)


BEFORE_A_PLACE = 100
OPEN_TO_ALL = re.compile(r"(?i)(?:\b(?:" + any_of("""
    restaurants? | cuisine | cemetery | mortuary | church | hospital | mall | university | college | embassy | museum
    hotel | hostel | cafe | café | diner | bistro | theat(?:er|re) | school | garage
    stadium | arena
    cathedral
    temple | zoo | historic | landmark | skyscraper | attraction | library | headquarters | headquartered | monument
    gallery
    buildings? | tower | bridge | stores? | shops? | square | plaza
    airport | brewery | pub | beach(?:es)? | parks? | spa | camp | market | bar | expo | palace | resort | lounge
    aquarium
    breakfast | brunch | lunch | dinner | dessert | massage | dish(?:es)? | menu | visitors? | exhibit\w* | itinerary
    attractions | tours?
""") + r")\b|" + any_of("""
    餐厅 | 餐馆 | 饭店 | 酒店 | 宾馆 | 博物馆 | 景点 | 大厦位于 | 图书馆 | 总部 | 医院 | 大学 | 学校 | 墓园 | 商场 | 教堂
    寺 | 动物园 | 体育馆 | 剧院 | 咖啡馆 | 使馆 | 书店 | 啤酒
""") + ")")
"""What stands before the address of a place that anybody may enter."""
OPEN_HOURS = re.compile(r"(?i)[^\n]{0,60}\b(?:opening hours|open daily|admission|entrance fee|entry fee|tickets?)\b|"
                        "[^\\n]{0,40}(?:营业时间|开放时间|门票)")
"""What stands behind one."""
OF_SOMEBODY = re.compile(r"(?i)\b(?:my|our|me|i|his|her|their|deliver\w*|ship\w*|send|customer|guest|live[sd]?|resid\w+"
                         r"|tenant|owner)\b|"
                         "我|他|她|收货|寄|送|客户|住")
A_YEAR = re.compile(r"(?:19|20)\d\d ")
NO_STREET = re.compile(r"\d+ (?:\w+ )?(?:Supreme|District|High|Superior|Federal|Crown|Milky|Feet|Foot) (?:Court|Way|Road)\b")
"""A court, a galaxy, and a road of so many feet."""
FAMOUS = re.compile(r"(?:(?:12|123|1234|12345|23456|45|456|67|789|101|321) |\d+ (?:Main|Elm|Oak|Maple|Any|Fake|Example) |"
        r"(?:19|20)\d\d, |10 Downing|221B? Baker|1600 Pennsylvania|4 Privet|742 Evergreen|42 Wallaby|1 Infinite)")

STOCK_NUMBERS = re.compile(r"(?:12|45|67|101|321) ")
"""Numbers that a house may have too: one with a postcode is somebody's."""
FAMOUS_ZH = re.compile(r"宾夕法尼亚大道|白宫|唐宁街|贝克街|(?<!\d)(?:123|1234|12345|456|567|789)\s?[号號]")

PLACE = rf"(?![到在是住于寄送址为从去来请把给]){ANY_HAN}"
"""A character of a place's name, and none of the words that lead up to one."""
STREETS = any_of("""
    Street | St | Avenue | Ave | Road | Rd | Boulevard | Blvd | Lane | Ln | Drive | Dr | Court | Ct | Way | Place | Pl
    Terrace | Parkway | Pkwy | Highway | Hwy | Crescent | Close | Mews | Circle | Cir | Trail | Trl
""")
_MORE_STREETS = any_of("""
    Gardens | Grove | Row | Square | Walk | View | Hill | Rise | Green | Park | Loop | Run | Path | Ridge | Cove
    Quay | Wharf
    Plaza | Alley | Crossing | Pike | Broadway | Esplanade | Parade
""")
"""Kinds of street that are words as well: a postcode stands behind them."""
_POSTCODE = r"(?:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]{2},? \d{5}(?:-\d{4})?|[A-Z]{2,3} \d{4}|[A-Z]\d[A-Z] \d[A-Z]\d)\b"
_STREETS_ELSEWHERE = any_of(r"""
    \bul\. | \bal\. | \bos\. | \bC/ | \bCalle | \bAvda\.? | \bAvenida | \bPaseo | \bPlaza | \bVia | \bViale | \bPiazza
    \bCorso
    \bRua | \bTravessa | \bAv\. | \bStr\. | \bStrada | \bUlica | \bCarrer
""")
"""Kinds of street in other languages, which stand before its name."""
_UNIT = r"(?:号楼|號樓|栋|棟|幢|座|舍|单元|單元|室|层|樓|楼|户|房)"
_USER = r"[A-Za-z0-9][A-Za-z0-9._-]{1,39}"
_WHERE = any_of("""
    (?:my|our) (?:current )?(?:location|position|coordinates|home|house|cabin|flat|farm|office) | i am at | i'm at
    my coords | 我的?位置 | 我家 | 我在 | 定位 | 坐标 | 经纬度 | gps
""")
PLACES = (
    Rule("IP", re.compile(r"(?<![0-9A-Za-z_.\-])(?:\d{1,3}\.){3}\d{1,3}(?![0-9A-Za-z_]|\.\d|-)"), _internet, "."),
    Rule("IP", re.compile(r"(?<![0-9A-Za-z_.\-])(?:\d{1,3}(?:\(\.\)|\[dot\]|点)){3}\d{1,3}(?![0-9A-Za-z_点])"), _internet,
         "[(点"),
    Rule("IP", re.compile(r"(?<![0-9A-Za-z_:.])(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{1,4}(?![0-9A-Za-z_:])"),
         _internet, ":"),
    Rule("ADDRESS", re.compile(
        r"(?<![0-9A-Za-z$#.])(?<![A-Za-z]-)\d{1,5}[A-Za-z]?,? (?:[NSEW]\.? |North |South |East |West )?"
        r"(?:[A-Z0-9][a-z0-9']+ ){1,3}"
        rf"(?:{STREETS})\b\.?(?:,? (?:Apt|Apartment|Suite|Unit|Flat|#)\.? ?[0-9A-Z-]+)?(?:, [A-Z][a-z]+(?: [A-Z][a-z]+)?)?"
        r"(?: [A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|(?:,? [A-Z]{2}\b)?(?: \d{5}(?:-\d{4})?)?)"), _address, DIGITS),
    Rule("ADDRESS", re.compile(
        r"(?<![0-9A-Za-z$#.])(?:Flat \w{1,4},? |Apt \w{1,4},? |Unit \w{1,4},? )?\d{1,5}[A-Z]?,? (?:[A-Z][a-z']+ ){1,3}"
        rf"(?:{STREETS}|{_MORE_STREETS}),? (?:[A-Z][A-Za-z'-]+,? ){{1,4}}{_POSTCODE}"), _address, DIGITS),
    Rule("ADDRESS", re.compile(r"(?i:\bP\.? ?O\.? ?Box) \d{2,6}(?:, [A-Z][a-z]+(?: [A-Z][a-z]+)?)?(?:,? [A-Z]{2}\b)"
                               r"?(?: \d{5}(?:-\d{4})?)?"), _address, "B"),
    Rule("ADDRESS", re.compile(r"\b[A-ZÄÖÜ][a-zäöüß]{2,30}(?:straße|strasse|weg|platz|allee|"
                               r"gasse) \d{1,4}[a-z]?,? \d{5} [A-ZÄÖÜ][a-zäöüß]+"
                               r"|\b\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|chemin|impasse|"
                               r"allée) [^\n\d]{2,40},? \d{5} [A-Z][a-zé]+"), needs=DIGITS),
    Rule("ADDRESS", re.compile(rf"(?:(?:{_STREETS_ELSEWHERE}) ?(?:[A-ZÀ-ÖŚŻŁĆ][^\W\d_'’.-]{{1,20}}[ .'-]{{1,2}}|(?:de|del"
                               rf"|della|dei|di|da|do|dos|das|la|los|las|II|III) ){{1,5}}"
                               r"|(?:ул\.|улица|пр\.|проспект|вул\.) ?[А-ЯЁІЇ][^\W\d_-]{1,20}(?: [А-ЯЁІЇ]"
                               r"[^\W\d_]{1,20})?,? (?:д\.? ?)?)"
                               r"(?:n[.º°] ?)?\d{1,4}[A-Za-z]?(?:[/-]\d{1,4})?\b[^\n]{0,14}?(?:,? (?:\d{5}-\d{3}|\d{4}-\d{3}"
                               r"|\d{2}-\d{3}|\d{4,6}) [^\W\d_]{2,30})"),
         needs=DIGITS),
    Rule("ADDRESS", re.compile(rf"{ANY_HAN}{{2,3}}[都道府県]{ANY_HAN}{{1,6}}[市区町村郡]"
                               rf"[{CJK_CHARACTERS}]{{0,10}}\d{{1,4}}(?:-\d{{1,4}}){{1,3}}|"
                               rf"{ANY_HAN}{{1,6}}[市区]{ANY_HAN}{{1,8}}\d{{1,2}}丁目\d{{1,3}}"), needs="都道府県市区"),
    Rule("ADDRESS", re.compile(
        rf"(?:(?:{PLACE}){{2,8}}(?:省|自治区))?(?:(?:{PLACE}){{2,6}}市)?(?:(?:{PLACE}){{1,6}}[区區县縣])?"
        rf"(?:{PLACE}){{1,8}}?(?:路|街|大道|巷|弄|胡同|道(?=\s?\d{{1,5}}號))(?:[一二三四五六七八九十]段)?\s?(?:\d{{1,5}}巷\s?)?"
        rf"\d{{1,5}}(?:-\d{{1,4}})?(?:弄\s?\d{{1,4}})?\s?[号號]"
        rf"(?!线|楼梯)"
        rf"(?:{ANY_HAN}{{0,8}}?\d{{1,4}}{_UNIT})*(?:\d{{1,5}}室?)?"), _address, needs="号號"),
    Rule("ADDRESS", re.compile(
        rf"(?:{PLACE}){{2,16}}(?:小区|花园|公寓|家园|家苑|新村|[一二三四五六七八九十东西南北][区园里]|苑|嘉园|名都|广场|"
        rf"大厦|社区|宿舍)\s?[A-Z]?\d{{0,4}}(?:号楼|栋|幢|座|"
        rf"楼|舍)(?:\s?\d{{1,3}}单元)?(?:\s?\d{{1,5}}[室号]?)"),
        _address, needs="楼栋幢座舍"),
    Rule("ADDRESS", re.compile(
        rf"(?:{PLACE}){{2,6}}市(?:{PLACE}){{1,6}}[区县區縣]{ANY_HAN}{{0,14}}[A-Z0-9-]{{1,6}}(?:号楼|栋|座|幢|楼)\s?[A-Z]?\d{{2,5}}|"
        rf"(?:(?:{PLACE}){{2,8}}(?:省|自治区|市|州))?(?:{PLACE}){{1,8}}[县区市旗](?:{PLACE}){{1,8}}[乡镇](?:{PLACE}){{1,8}}村\s?"
        r"(?:\d{1,4}|[一二三四五六七八九十百]{1,5})[号组队](?:[\d一二三四五六七八九十百]{1,5}号)?"),
        _address, needs="市村"),
    Rule("ADDRESS", re.compile(
        rf"(?:地址|住址|收货|住(?![宅房宿院户])在?|家在|寄到|寄往|送到|邮寄|老家)[:：是为]?\s?(?P<it>(?:{ANY_HAN}{{2,10}}[省市区县州镇乡村街"
        rf"道]|{ANY_HAN}{{2,12}}(?:大学|学院|公司|"
        rf"医院|小区|园区)){ANY_HAN}{{0,16}}[A-Z]?\d{{1,5}}(?:号|號|室|楼|层|舍|栋|幢|单元|户|组|队|房)?"
        rf"(?:[A-Z]?\d{{1,5}}(?:号|室|楼|层|舍|栋|单元|户|房)?)*)(?!\d|年|月|岁|人|元|个|星|晚|天|夜|间|米|公里|分钟|"
        rf"[./％%])"), needs="址货住家寄送邮"),
    Rule("ADDRESS", re.compile(rf"(?:地址|住址|收货|寄到|家住|我住在?|我家在)[:：是为]?\s?(?P<it>{ANY_HAN}{{1,12}}?(?:路|街|"
                               rf"大道|巷|弄|"
                               rf"胡同)\s?\d{{1,5}}弄(?:\s?\d{{1,4}}号)?)"), needs="弄"),
    Rule("ADDRESS", re.compile(rf"(?i)(?:{_WHERE})\s?(?:is at|are|is|at|[:：是为在=])?\s?"
                               r"(?P<it>-?\d{1,3}\.\d{4,}\s?[,，]\s?-?\d{1,3}\.\d{4,})"),
         needs=".", digits=10,
         words=listed("location | position | coords | coordinates | home | at | 位置 | 我家 | 我在 | 定位 | 坐标 | "
                      "经纬度 | gps")),
    Rule("ADDRESS", re.compile(r"\d{1,3} ?(?:°|deg)\s?\d{1,2}['′]\s?\d{1,2}\.\d+[\"″]\s?[NS][ ,]{1,2}\d{1,3} ?(?:°|deg"
                               r")\s?\d{1,2}['′]"
                               r"\s?\d{1,2}\.\d+[\"″]\s?[EW]"), _somebody_here, words=("°", "deg"), digits=8),
)
HOMES = (
    Rule("USER", re.compile(r"(?<![A-Za-z0-9.~$}])(?:/data|/export|/mnt|/nfs|/Volumes/[^/\s]{1,40})?/(?:home|"
                            r"Users)/(?P<it>[A-Za-z0-9._-]{2,40})(?=/[A-Za-z0-9._~-])"), _home,
         "/"),
    Rule("USER", re.compile(r"(?<![A-Za-z0-9.~/$}>])/(?:home|Users|var/mail|var/spool/mail)/(?P<it>[A-Za-z][A-Za-z0-9._-]"
                            r"{3,40})(?![A-Za-z0-9._/-]|\.[A-Za-z])"), _home, "/"),
    Rule("USER", re.compile(r"file://(?:localhost)?/(?:home|Users|[A-Z]:/Users)/(?P<it>[A-Za-z0-9._%-]{2,40})(?=/)"), _home,
         "/"),
    Rule("USER", re.compile(r"(?i)\b[A-Z]:(?:\\{1,2}|/)(?:Users|Documents and Settings|Benutzer)(?:\\{1,2}|/)"
                            r"(?P<it>(?=\w)[^\\/:*?\"<>|\s`]{2,40}(?: [^\\/:*?\"<>|\s`]{1,30}){0,3}(?=[\\/])|"
                            r"(?=\w)[^\\/:*?\"<>|`\s，。）)]{2,40}(?=[\s>\"'，。]|\Z))"), _home, ":",
         ("users", "documents and settings", "benutzer")),
    Rule("USER", re.compile(r"(?i)(?:/mnt/[a-z]|/cygdrive/[a-z]|(?<![A-Za-z0-9.])/[a-z])/Users/(?P<it>[A-Za-z0-9._-]{2,40})"
                            r"(?=/)"), _home, "/"),
    Rule("USER", re.compile(r"(?i)\\\\wsl(?:\$|\.localhost)\\[\w.-]{1,40}\\home\\(?P<it>[A-Za-z0-9._-]{2,40})"), _home,
         "\\"),
    Rule("USER", re.compile(r"(?i)(?<![\\A-Za-z0-9])\\\\[\w.-]{1,60}\\(?:home|homes|users|profiles|userdata)\$?\\"
                            r"(?P<it>[A-Za-z0-9._-]{2,40})(?=\\)"), _home, "\\"),
    Rule("USER", re.compile(rf"\bsshd?\b[^\n]{{0,80}}? for (?:invalid user )?(?P<it>{_USER})(?= from )"), _home,
         words=("ssh",)),
    Rule("USER", re.compile(rf"(?m)^[dlcbps-](?=-{{0,8}}[rwx])[rwxsStT-]{{9}}[+@.]?[ \t]{{1,4}}\d{{1,6}}[ \t]{{1,4}}"
                            rf"(?P<it>{_USER})[ \t]{{1,9}}\S{{1,40}}[ \t]{{1,12}}\d"), _home, "-"),
    Rule("USER", re.compile(rf"(?<![\w./~])~(?P<it>{_USER})/(?=[A-Za-z_.])"), _home, "~"),
    Rule("USER", re.compile(rf"(?m)(?:^|(?<=[\s(\[]))(?P<it>{_USER}@[A-Za-z0-9][A-Za-z0-9-]{{1,40}})(?=:[~/][^\s:]*[$#]|:~|"
                            rf"\s~\s[%$#]| [~/\w.-]{{1,40}}\]?[$#%] )"), _prompt, "@"),
)
