r"""A quick look: what a text must hold for `masking` to find anything in it, on the generous side.

Patterns in the syntax of Rust's regular expressions, so that a column of texts is looked through without Python: no
look-around, `\x{…}` for a code point.
"""

import re
from typing import TYPE_CHECKING

from instructwild.text.word_table import any_of

if TYPE_CHECKING:
    import polars as pl

_NAMES_ZH = any_of(r"""
    我[^\n]{0,4}叫 | 楼主 | 小弟 | 在下 | 鄙人 | 我名叫 | 我是 | 我姓 | 本人 | [名姓][字名][是叫:：]?
    真名 | 申请人 | 请假人 | 求职者 | 应聘者 | 检讨人 | 承诺人 | 借款人 | 保证人 | 报告人 | 投诉人 | 落款 | 病人 | 学生
    家长 | 客户 | 联系人 | 收件人 | 收货人 | 患者
    英文名 | 敬上 | 敬启 | 谨上 | 拜上 | 顿首 | 敬礼
    我的?(?:爸|妈|爷爷|奶奶|外公|外婆|姥姥|姥爷|叔叔|阿姨|舅舅|姑姑|表|媳妇|爱人|对象)
    的?(?:儿子|女儿|老婆|妻子|老公|丈夫|爸爸|妈妈|父亲|母亲|哥哥|姐姐|弟弟|妹妹|孩子)
    的?(?:同事|老板|朋友|领导|老师|同学|室友|房东)
    网卡 | 物理地址 | ^From: [A-Z] | \nFrom: [A-Z] | 签收 | (?:领取|取件|保险|乘[机车]|入住)人 | 户主 | 员工 | 实习生
    班主任 | 老师 | 经办人 | 负责人 | 代理人 | 立据人 | 欠款人 | 出借人 | 签名 | 签字 | 署名 | 此致 | 汇报人
    辞职人 | 遗嘱人 | 见证人 | [甲乙]方 | 导师 | 辅导员 | 医[生师] | 教练 | 组长 | 经理 | 社工 | [叫喊]我
    名前 | 이름 | 氏名 | 芳名 | 代表者 | 担当者 | 宛名 | と[申い言] | 성명 | 성함 | 담당자 | 수신인 | 신청인 | 예금주 | 저는
    (?i:фио|ф\.и\.о|имя|фамили|отчеств|ім.я|прізвище|піб|име|зовут|звати|казвам) | όνομα | επώνυμο | الاسم | שם | नाम | ชื่อ
""")
_SECRETS_ZH = any_of(r"""
    密[码碼] | パスワード | 口令 | [密秘]钥 | 金鑰 | 私[钥鑰] | 令牌 | 授权码 | 助记 | 助記 | [子复]短语 | 登[录陆] | 账号
    安全码 | [解登激邀]\S?[压录活请]码 | 序列号 | 凭证 | (?:恢复|备用|备份)代?码 | 提取[码碼] | 访问码
    分享码 | [验校]证?[码碼] | 验码 | 动态码 | 驗證
""")
_ACCOUNTS_ZH = any_of(r"""
    [+＋加][vV] | 艾特 | 圈a | 微信 | [薇威]信 | [vV薇威]❤ | v信 | 扣扣 | 企鹅 | 群号 | 交流群 | 粉丝群
    [加➕]\s?[我vVqQwW个一微]
    小红书 | 抖音 | 快手 | 微博 | b站 | B站 | 哔哩 | 知乎 | 推特
    好友 | 群\s?\d | sđt | điện thoại | هاتف | جوال | โทร | फ़ोन | मोबाइल | [邮郵]箱 | 邮件 | 电话 | 電話 | 手机 | 手機
    座机 | 传真 | 联系 | 致电 | 전화 | 연락처 | 휴대폰 | 携帯
    [一幺壹][ -]?[三四五六七八九叁肆伍陆柒捌玖]
    [零〇一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖\d]{11}
    [1一幺壹][ -]?[3-9三四五六七八九叁肆伍陆柒捌玖][ -]?[零〇一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖\d]
""")
_PAPERS_ZH = any_of(r"""
    生年月日 | 생년월일 | 密保 | 护照 | 護照 | [驾駕] | [行军警士居][驶官兵住留]证 | 通行证 | 台胞证 | 回乡证 | 签证
    身[份分][证證]
    社保 | 医保 | 社会保障 | 公积金 | [学學工员会][号號员員] | 学生证 | 工作证
    保单 | 病历 | 病案 | 门诊 | 住院 | 就诊 | 准考 | 考生 | 税号 | 纳税人 | 信用代码 | 营业执照
    车架 | 发动机 | 房产证 | 产权证 | 订单 | 运单 | 快递 | 物流单
    [京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][ -]?[A-HJ-NP-Z]
    银行[卡账] | [账帳卡][号號] | 支付宝 | 钱包 | 出生 | 生日 | 生[人的辰] | 八字 | 算命 | 命[理盘] | 紫微 | 排盘
    星盘 | [起取]名
    [单運运][号單单]
    マイナンバー | 個人番号 | パスポート | 免許証 | 주민 | 여권 | 등록번호 | 면허
""")
_PLACES_ZH = any_of(r"""
    [都道府県市区]\S{1,20}\d | 村\d | [栋座幢楼]\d | [市区]\S{1,20}[栋座幢] | \d\s?[号號] | \d\s?弄
    (?:小区|花园|公寓|家园|家苑|新村|[区园里苑]|嘉园|名都|广场|大厦|社区|宿舍)\s?[A-Z]?\d*(?:号楼|栋|幢|座|楼|舍)
    [地住]址 | 收货 | 住 | 寄 | 送到 | 家在 | 老家 | 定位 | 坐标 | 经纬度 | 位置 | 我家 | 我在
    服务器 | 主机 | 内网 | 无线
""")
_NAMES = any_of(r"""
    [Nn]ame(?: is|'s|’s|:) | NAME IS | [Cc]alled | [Cc]all me | [Ss]igned, | [Rr]egards | [Ss]incerely
    (?:Patient|Contact|Customer): | [a-z]ed by: | Taken by: | Written by: | (?:I am|I'm|I’m|[Tt]his is) [A-Z]
    (?i:it(?:'s|’s| is) )[A-Z] | \A\s*[A-Z][a-z]+ [A-Z]
    (?:Thanks|Thank you|Best|Cheers|Yours|wishes|Love|All the best)[,!.] | \bhere[,.!]
    [Mm]y (?:wife|husband|boss|son|daughter|friend|boyfriend|girlfriend|doctor|teacher|manager|colleague|neighbou?r|landlord)
    [Mm]y (?:landlady|tenant|mother|father|mom|mum|dad|sister|brother|grand(?:mother|father|ma|pa)|aunt|uncle|cousin|niece)
    [Mm]y (?:nephew|roommate|flatmate|coworker|supervisor|nanny|fianc|therapist|dentist|god|pa?ediatr|midwife|lawyer)
    [Mm]y (?:solicitor|accountant|line manager|team lead)
    llamo | appelle | heiße
    (?i:(?:nom|nome|nombres?|apellidos?|prénoms?|vorname|nachname|naam|nazwisko|imię|adı|soyad|tên|nama|namn)\s?[:：])
    (?i:(?:sobrenome|cognome|navn|fornavn|efternamn|nimi|jméno|příjmení|név|nume|prenume|ime|isim|completo|familienname)\s?[:：])
    nombre es | nome é | [Cc]ham | chiamo | Name ist | heet\b | naam is | heter | hedder | namn är | nom est | azywam | imię
    menuji | volám | adım | tên | [Nn]ama saya | numesc | zovem | nimeni | nevem | [Mm]y \w+ name | surname | <<
""")
_PLACES = any_of(r"""
    (?:\bul\.|\bal\.|\bos\.|\bC/|Calle|Avda|Avenida|Paseo|Plaza|Via|Viale|Piazza|Corso|Rua|Travessa|Av\.|Str\.|Strada|Ulica|Carrer|ул\.|улица|пр\.|проспект|вул\.)
    P\.? ?O\.? ?Box | \d[A-Z]?(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|chemin|impasse|allée)
    (?:straße|strasse|weg|platz|allee|gasse) \d
    \d[A-Z]?,? (?:[NSEW]\.? )?(?:[A-Z0-9][a-z0-9']+ ){1,4}(?:St|Av|R|B|L|Dr|C|Way|P|Ter|H)
    (?i:location|position|coordinates|\bgps|(?:my|our) (?:home|house|cabin|flat|farm|office))
""")
_NUMBERS = any_of("zero | oh | one | two | three | four | five | six | seven | eight | nine")
_ACCOUNTS = any_of(r"""
    wechat | weixin | telegram | skype | line ?(?:id|:|is) | snap | \bqq | \bvx | \bwx | \btg\b | wxid | whatsapp | signal
    kakao | viber | threema | twitch | bluesky | mastodon | strava
    instagram | \binsta\b | \bins\b | \big\b | facebook | twitter | tiktok | discord | steam | psn | battletag
    phone | \btel | tél | telefon | тел | звони | mobile | \bcell | móvil | celular
    handy | \bfax | \bcall | llám | \btext | \bring
    my number | num[eé]ro | número | e-?mail | mailbox | webhook | hooks
""")
_SECRETS = any_of(r"""
    -[a-z]{0,8}pass[ =] | maiden | code is | is your | passw | passphrase | pass_phrase | passcode | pwd | \bpw\b
    \bpin\b | \botp\b | cvv | cvc
    contrase | \bmdp | mot de passe
    cred | secret | token | phrase | mnemonic | key | authorization | bearer | basic\s | digest | auth | cookie | session
    app.specific | altool | notarytool | 应用专用
    seed | 1[25] words | 24 words | 2fa | totp | \bmfa | authenticator | combination | db_pass | \bpass\b
    (?:gate|door|alarm|entry|access|safe|lock(?:box)?|unlock|garage|keypad) code
    (?:backup|recovery|scratch|one-time|verification|security|login|sms) codes?
    identified\sby | \bpuk
    wallet | pair\. | wif\( | sessdata | ssid | wlan | hotspot | log[ -]?(?:in|on) | sign in | locked out
    balance | ledger | metamask | trezor | crypto | psk | wpa_ | login | sign_?in | \bsend | sudo | btoa | b64
    base64 | buffer\.from | \b[as]k\b
    sshpass | mysql | mongo | redis | docker | podman | smbclient | net use | sqlcmd | sqlplus | nmcli | wget | curl | lftp
    \bhttp\s | \bxh\s | \bmc\s | enable\s | snmp | neighbor | wifi: | 7z | unzip | openssl | kinit | runas | mosquitto
    htpasswd | net user | chpasswd | app_?id | iban | ldap | rdp | pw_set | \s-U ?[\w.\\-]+% | /user:
    converttosecure | convertto
""")
_PAPERS = any_of(r"""
    policy | deg[ ] | passport | licen[cs]e | plate | insurance | nino | \bni num | social\s | ssn | tax | tfn | itin
    \bein\b | aadha
    pan card | \bpan\b | nric | dni | \bnie\b | \bnif\b | \bnhs\b | curp | \brfc\b | \bcpf | cnpj | \bnik\b | \bbsn\b | pesel
    personnummer | cuit | cuil | steuer | sozialvers | personalausweis | reisepass | fiscale | sécurité | passeport
    pasaporte | passaporto | паспорт | инн | снилс
    medic | health | \bmrn | \bid\b | visa n | green card | registration | identity | hkid
    \bmac\b | addr\b | bssid | \bbirt\b | imei | \bvin\b | \bsin\b | \bpnr | \bvat\b
    order | tracking | booking | reserv | frequent | loyalty | voter | account | routing | sort code
    acct | \ba/c\b | @(?:ok|ybl|ibl|axl|paytm|upi|apl|yapl) | kimlik | rodné | henkilö | \bcnp | \boib\b | jmbg | amka
    \bafm\b | c[eé]dula | \brut\b | \begn\b | dowód | cccd | cmnd
    geburts | geboren | nacimiento | naissance | née? le | nascita | nascimento | geboortedatum | urodzenia | рождения
    doğum | sinh
    wallet | bitcoin | \bbtc | usdt | \bdob\b | d\.o\.b | birth | \bborn | horoscope | astrolog | numerolog | natal
""")
_SIGNS = any_of(r"""
    @ | :// | \d(?:[ ().·_/–-]{0,3}\d){5} | \d\.\d{1,3}\.\d | \d\[\.\] | \[dot\] | :[0-9a-fA-F]{0,4}:[0-9a-fA-F] | :\d{2,5}:
    [A-Za-z0-9_-]{20} | \.(?:com|me|gg|cn)/ | \bu/\w | %[2-7][0-9A-Fa-f] | &[#a-z]\w{1,8}; | \\(?:u00|x[2-7]) | =40[A-Za-z]
    (?:[0-9A-Fa-f]{2}[:-]){5} | \d \| \d{4} \| \d | [A-Z]{2}\d\d [A-Z]{3} | [A-Za-z]{2}\d\d\.[A-Za-z0-9]{4}\.
    \d点\d | AKIA [A-Z0-9] | [A-Z]\d{4} | [A-Z]\d\d[A-Z]\d | \d[A-Z]{2} | \$\w{1,8}\$ | "(?:d|k|p|q|dp|dq|qi)"
    [\[({<（] ?(?i:at|a|艾特) ?[\])}>）] | (?i:\bat\b.{1,40}\bdot\b) | _at_ | \*at\* | \bdot\b | #
    [A-Za-z0-9]。(?:com|cn|net|org|edu|io|co)
    [dlcbps-][rwxsStT-]{9} | \x{3164} | \x{115f} | \x{1160} | [vV][:：]\s?[a-z] | /home/ | /Users/ | /var/ | \\wsl
    ~[A-Za-z0-9] | :[\\/]{1,2}(?:Users|Documents|Benutzer)
    [?&;]\w{0,20}=[^&\s]{8} | [\w-]=[^\s;]{16} | BEGIN [A-Z0-9 ]{0,40}
    (?:sk-|hf_|gh[pousr]_|glpat-|gsk_|xox[a-z]-|AKIA|AIza|LTAI|npm_|r8_|xai-|dop_v1|shpat_)[A-Za-z0-9]
    (?:sha\d{0,3}|md5|hmac)\( | #06#
    _(?i:pass|pw|auth|pat|credentials?)\s?[=:] | Private-Lines
    \.(?:internal|corp|intranet|lan|local)\b | \d° | \\\\\w | (?i:<wbr)
    (?:[!-~] ){10} | (?:[!-~]\.){10} | (?:[!-~]-){10} | ["'][\w-]{2,80}["']\s{0,3}[+.&,]?\s{0,3}["'] | [A-Za-z0-9_-]{10}\s*\n
    [\x{2460}-\x{2468}\x{24b6}-\x{24ea}\x{24f5}-\x{24ff}\x{2776}-\x{277e}\x{20e3}\x{1d400}-\x{1d7ff}\x{e0020}-\x{e007e}]
    [\x{ff10}-\x{ff19}\x{ff20}-\x{ff3a}\x{ff41}-\x{ff5a}]
    [\x{00ad}\x{034f}\x{061c}\x{180e}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{feff}]
    \\[_*\-@.] | \\u(?:20|fe)
    (?i:vpn|router|admin|nas|server|ftp|ssh|rdp|cpanel|account|user|账号|帐号|后台|用户)[^\n]{0,70}\s/\s\S{6}
    1Z[A-Z0-9]{16}
    \.(?:synology|quickconnect|myqnapcloud|duckdns|ddns|no-ip|hopto|zapto|dyndns|3322|vicp|oicp|ngrok|ts\.net|xicp)
""")
_SECRET_LITERALS = (r"(?i:passw|secret|token|key|auth|login|wi-?fi|hmac|crypt|fernet|jwt|wallet|sign\(|signer|cipher)"
                    r"[^\n]{0,60}[\"'`][A-Za-z0-9_+/=.!@#$%^&*~-]{8}")


def _ascii(pattern: str) -> str:
    """The pattern with classes of ASCII: those of Unicode keep the engine from its fast way on every text in Chinese."""
    in_classes = re.sub(r"\[[^\]\[]*\]",
                        lambda match: match.group().replace(r"\w", "A-Za-z0-9_").replace(r"\d", "0-9"), pattern)
    return in_classes.replace(r"\b", r"(?-u:\b)").replace(r"\d", "[0-9]").replace(r"\w", "[A-Za-z0-9_]")


HINTS = tuple(map(_ascii, (
    _SIGNS, _SECRET_LITERALS, _NAMES_ZH, _SECRETS_ZH, _ACCOUNTS_ZH, _PAPERS_ZH, _PLACES_ZH, _NAMES, _PLACES,
    f"(?i:(?:{_NUMBERS})(?:[ ,-]{{1,3}}(?:{_NUMBERS})){{6}})", f"(?i:{_ACCOUNTS})", f"(?i:{_SECRETS})", f"(?i:{_PAPERS})")))
"""Each by itself is fast (3.5 MB of rows take 0.3 s with all of them); as one pattern they took fifty times as long."""


def hinted(texts: "pl.Expr") -> "pl.Expr":
    """Whether a text may hold something; false for null."""
    import polars as pl

    return pl.any_horizontal(texts.str.contains(pattern).fill_null(False) for pattern in HINTS)
