"""Passwords where programs take them: arguments, connection strings, calls that sign in, files of settings."""

import re

from instructwild.privacy.rule import Rule
from instructwild.privacy.secret_values import apart, argument, login, named, option, setting
from instructwild.text.word_table import any_of, by_first_letter, listed

SECRET_WORDS_ZH = "密码 | パスワード | 口令 | 密钥 | 秘钥 | 令牌 | 授权码 | 密碼 | 金鑰 | 私钥 | 私鑰"
SECRET_WORDS = listed(f"key | token | secret | pass | pwd | contrase | mdp | cred | {SECRET_WORDS_ZH}")
"""Words of which one stands wherever a secret has a name."""

_PROGRAMS = by_first_letter(r"""
    sshpass | mysql | mysqldump | mysqladmin | mongosh? | mongodump | redis-cli | psql
    (?:docker|podman|nerdctl|helm registry|oc|az|crane) login
    influx | cqlsh | smbclient | rsync | wget | http | https | curl | lftp | net use | sqlcmd | bcp | sqlplus | runas
    ipmitool | plink | pscp | x11vnc | snmp\w+ | ansible | 7z | unzip | zip | openssl | htpasswd | nmcli | kinit
    mosquitto_\w+
    ldap\w{2,12} | twine upload | vncpasswd | xfreerdp | rdesktop
""")
_PROGRAM_WORDS = listed("""
    sshpass | sql | mongo | redis | login | influx | smbclient | rsync | wget | http | curl | lftp | net use | bcp | runas
    ipmi | plink | pscp | vnc | snmp | ansible | 7z | zip | openssl | htpasswd | nmcli | kinit | mosquitto | ldap
    twine | vnc | rdp | rdesktop
""")
_FIELD = any_of("""
    server | data source | host | hostname | uid | user id | user | username | database | initial catalog | dbname
""")
_SIGN_IN = by_first_letter(r"""
    login | log_in | signin | WiFi\.begin | sign_in | authenticate | auth | basic_auth | username_pw_set
    credentials | set_credentials
    HTTPBasicAuth
    PSCredential | BasicAWSCredentials | UsernamePasswordCredentials | NetworkCredential | PlainAuth
""")
_CONNECT = any_of(r"""
    new PDO | mysqli(?:_connect)? | mysql_connect | pg_connect | DriverManager\.getConnection | sql\.Open
    (?:psycopg2?|pymysql|MySQLdb|pymssql|oracledb|cx_Oracle)\.connect
""")
PROGRAMS = (
    Rule("KEY", re.compile(r"(?i)(?:jdbc:oracle:\w+:|\bsqlplus\s{1,4}(?:-\w{1,20}\s{1,4}){0,4}|\bexpd?p?\s{1,4}|\bimpd"
                           r"?p?\s{1,4})"
                           r"\w{1,40}/(?P<it>[^\s@/\"']{4,60})@"), login, needs="@"),
    Rule("KEY", re.compile(r"[\w.-]{1,60}:(?P<it>[^\s:@\"'/]{4,100})@(?:tcp|udp|unix)\("), login, needs="@"),
    Rule("KEY", re.compile(rf"(?i)(?:{_FIELD})=[^;&?,\s]{{1,100}}+[; &?,][^\n]{{0,200}}?(?:password|pass|pwd)="
                           r"(?P<it>[^;&,\"'\s]{4,100})"), setting, words=("pass", "pwd")),
    Rule("KEY", re.compile(r"(?i);\s?(?:password|pwd)\s?=\s?\{(?P<it>[^{}\s]{6,100})\}"), named, needs="{",
         words=("pass", "pwd")),
    Rule("KEY", re.compile(rf"(?i)\b(?:{_PROGRAMS})\b[^\n]{{0,160}}?\s"
                           r"(?:-p ?(?!ass)|-pw |-a |-P |-w |--pass(?:word)?[ =]|-pass(?:word|in|out)? (?:pass:)?|/p:)[\"']?"
                           r"(?P<it>[^\s\"'|&;-][^\s\"'|&;]{4,100})"), option, needs="-/", words=_PROGRAM_WORDS),
    Rule("KEY", re.compile(r"(?i)\b(?:snmp\w+\b[^\n]{0,60}? -c |lftp\b[^\n]{0,60}? -u [\w.@-]{1,40},)[\"']?(?P<it>[^\s"
                           r"\"']{5,80})"),
         option, words=("snmp", "lftp")),
    Rule("KEY", re.compile(r"(?i)\b(?:IDENTIFIED (?:WITH \w{1,40} )?BY|WITH (?:ENCRYPTED )?PASSWORD\s?=?) [\"']?(?P<it"
                           r">[^\s\"';]{5,100})"),
         named, words=("identified", "password")),
    Rule("KEY", re.compile(r"(?i)\b(?:htpasswd (?:-\w+ ){0,4}-\w*b\w* (?:-\w+ ){0,4}(?:(?!-)\S{1,100} )?[\w.@-]{1,60}|"
                           r"net user [\w.-]{1,60}|chpasswd <<<? ?[\"']?[\w.-]{1,60}:) ?(?P<it>[^\s\"'/*]{5,80})"), option,
         words=("htpasswd", "net user", "chpasswd")),
    Rule("KEY", re.compile(r"[\"' ][\w.-]{1,60}:(?P<it>[^\s\"'|:]{5,80})[\"']?\s{0,4}\|\s{0,4}"
                           r"(?:sudo )?chpasswd"), option, words=("chpasswd",)),
    Rule("KEY", re.compile(r"(?i)\s(?:-U\s?[\w.\\-]{1,40}%|/user:\S{1,60}\s)(?P<it>[^\s\"'%]{5,60})"), option, needs="%/"),
    Rule("KEY", re.compile(r"\bmc (?:alias set|config host add) \S{1,40} \S{1,100} (?P<it>\S{1,60} \S{8,100})"),
         option, needs="m", words=("mc ",)),
    Rule("KEY", re.compile(r"\becho\s+(?:-n\s+)?[\"']?(?P<it>[^\s\"'|]{5,60})[\"']?\s*\|\s*sudo\s+(?:-\w+\s+){0,3}-S"),
         option, needs="|"),
    Rule("KEY", re.compile(r"(?i)(?:assword|passphrase)[^\n]{0,40}\n?[^\n]{0,20}\bsend(?:line)?\s*\(?(?:-- )?[\"']"
                           r"(?P<it>[^\"'\s\\]{5,60})(?:\\[rn]|[\"'])"), option, words=("assword", "passphrase")),
    Rule("KEY", re.compile(r"(?i)(?:--(?:[\w-]{1,20}-)?|(?<=\s)-[a-z]{0,8})(?:password|passwd|pass|pwd|token|(?:api|account"
                           r"|access|secret|auth|private|licen[cs]e)-?key|secret|passphrase)[ =][\"']?"
                           r"(?P<it>[^\s\"']{6,200})"), named, needs="-", words=SECRET_WORDS),
    Rule("KEY", re.compile(rf"(?i)\b(?:{_SIGN_IN})\s?[=(]\s?\(?\s?[\"'][^\"'\n]{{0,60}}[\"']\s?,\s?"
                           r"(?:\(?ConvertTo-[^\"'\n]{1,40})?"
                           r"[\"'](?P<it>[^\"'\n]{5,100})[\"']"), argument, needs="\"'"),
    Rule("KEY", re.compile(rf"(?i)\b(?:{_CONNECT})\s?\([^()\n]{{0,200}}?[\"'][^\"'\n]{{0,60}}"
                           r"[\"']\s?,\s?[\"'](?P<it>[^\"'\n]{5,100})[\"']"), argument, needs="\"'",
         words=listed("pdo | mysql | pg_connect | getconnection | sql.open | psycopg | pymssql | oracle")),
    Rule("KEY", re.compile(r"(?i)(?<![A-Za-z_-])[\"']?pass[\"']?\s?(?::|=>?)\s?[\"'](?P<it>[^\"'\n]{6,100})[\"']"), argument,
         needs="\"'", words=("pass",)),
    Rule("KEY", re.compile(r"(?i)(?:password|passwd|login|smtp|gmail)[^\n]{0,80}[\"']"
                           r"(?P<it>[a-z]{4} [a-z]{4} [a-z]{4} [a-z]{4})[\"']"), needs=" ",
         words=listed("password | passwd | login | smtp | gmail")),
    Rule("KEY", re.compile(r"(?im)^\s*(?:\$ |> )?(?:set(?:env|x)?(?:\s+-\w+){0,2}|env|arg)\s+[A-Z0-9_]{0,40}"
                           r"(?:token|secret|password|passwd|key|pat)\s+[\"']?(?P<it>[^\s\"'=]{8,200})"), named,
         words=SECRET_WORDS),
    Rule("KEY", re.compile(r"(?i)(?:app.specific|altool|notarytool|应用专用)[^\n]{0,120}?(?<![a-z-])"
                           r"(?P<it>[a-z]{4}-[a-z]{4}-[a-z]{4}-[a-z]{4})(?![a-z-])"), apart, needs="-",
         words=listed("specific | altool | notarytool | 应用专用")),
    Rule("KEY", re.compile(r"(?i)\b(?:user-)?secrets? set\s+[\"']?[\w:.-]{1,80}[\"']?\s+(?:(?:--body|-b)[ =])?[\"']?"
                           r"(?P<it>[^\s\"'-][^\s\"']{7,200})"), named, words=("secret",)),
    Rule("KEY", re.compile(r"ConvertTo-SecureString\s+(?:-String\s+)?[\"'](?P<it>[^\"'\n]{4,100})[\"']"), option, needs="C"),
    Rule("KEY", re.compile(r"(?i)WIFI:(?:[STH]:[^;\n]{0,40};){0,3}P:(?P<it>[^;\n]{6,64});"), login, needs=";"),
    Rule("KEY", re.compile(r"(?i)\b(?:psk|wpa_passphrase)\s?=\s?\"?(?P<it>[^\s\"]{8,64})"), login, needs="="),
    Rule("KEY", re.compile(r"(?i)\b(?:enable (?:secret|password)(?: \d)?|snmp-server community|"
                           r"neighbor \S{1,40} password(?: \d)?) (?P<it>\S{5,80})"), option,
         words=listed("enable | snmp-server | neighbor")),
    Rule("KEY", re.compile(r"(?i)otpauth://[^\s?]{1,200}\?(?:[^\s&]{1,100}&){0,4}secret=(?P<it>[A-Z2-7]{16,64})"),
         words=("otpauth",)),
    Rule("KEY", re.compile(r"(?i)\b(?:name|key)[\"']?\s{0,2}[:=]\s{0,2}[\"']?[\w.-]{0,40}(?:passw(?:or)?d|passwd|pwd|secret"
                           r"|token|api_?key|pass)[\w.-]{0,20}"
                           r"[\"']?[\s,;]{1,40}[\"']?value[\"']?\s{0,2}[:=]\s{0,2}[\"']?(?P<it>"
                           r"[^\s\"'<>]{6,400})"), named, words=("value",)),
    Rule("KEY", re.compile(r"(?i)\bnet use [^\n]{0,100}?\s(?P<it>[^\s\"'/\\*]{5,60}) /user:"), option, words=("net use",)),
    Rule("KEY", re.compile(r"(?i)\"[\w-]{0,40}(?:pass|passwd|pwd|cred|secret|token|key)[\w-]{0,20}\"\s*\{"
                           r"[^{}]{0,200}?\bdefault\s*=\s*\"(?P<it>[^\"\n]{6,200})\""), named, needs="{",
         words=SECRET_WORDS),
)
"""Arguments of programs, connection strings, calls that sign in."""
