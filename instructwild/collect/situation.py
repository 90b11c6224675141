"""Signs in a text out of a feed that tie it to a situation: a place, a time, an offer, an addressee, a headline."""

import re

from instructwild.text.word_table import group_of

PLACES = group_of(r"""
    butcher | baker | bakery | museum | library | pool | gym | pub | bar
    caf[eé] | shop | store | market | supermarket | office
    fridge | kitchen | lift | elevator | bus | train | tram | ferry
    station | platform | stop | gate | car park | queue | line
    council | road | street | lane | bridge | campsite | beach | hotel | stadium | arena
    match | game | ref | referee | goal | keeper | manager | coach | team | gig | concert | show | doors | tickets?
    wi-?fi | password | channel | role | server | bot | group | chat
    meeting | slides | class | lecture | lecturer | prof | professor | teacher
    homework | essay | assignment | paper | exam | portal
    neighbou?rs? | landlord | housemate | flatmate | boss | manager | colleague | postman | parcel
    episode | finale | season | trailer | film | album | patch | update | app | website | link | page | post | photo | video
    door | window | sofa | table | chair | room | hall | floor | stairs
    toilet | loo | bins? | garden | house | flat | dog | cat
    weather | news | government | minister | mayor | party
    kettle | oven | telly | tv | sink | tap | bath | shower | boiler | car | bike | driver
    staff | crowd | fans? | lads? | girls | boys | kids | weekend | summer
""")
HERE = re.compile(rf"\b(?:the|our|your|my|which|what|any) (?:[a-z]+ )?{PLACES}\b", re.IGNORECASE)
SPANS = "(?:week|month|year|weekend|night|summer|winter|time|season|one)"
MONTHS = "(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)"
TIME = re.compile(
    r"\b(?:mon|tues?|wednes|thurs?|fri|satur|sun)day\b"
    r"|\b\d{1,2}(?:[:.]\d\d)? ?(?:am|pm)\b"
    rf"|\b(?:this|next|last) {SPANS}\b"
    r"|\b(?:tonight|tomorrow|yesterday|today|nowadays|these days|o'clock)\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTHS}[a-z]*\b", re.IGNORECASE)
OURS = group_of("""
    new | app | team | sale | range | tool | experts? | advisers? | site | website
    shop | store | planner | kit | blog | panel | show | quiz
""")
OFFERS = group_of(rf"""
    win | winner | prize | giveaway | free (?:account|trial|tickets?|webinar|audit|of charge|this week)
    book (?:now|a table|your) | download | sign up | subscribe | workshop | webinar | bootcamp | tickets? (?:from|on sale)
    join (?:us|our) | come (?:along|and) | our {OURS}
    in stock | out (?:now|on) | pre-?order | \d+% off | half price | discount | promo | sale | spring sale
    entries close | applications? close | apply | closing date | enter (?:to|now)
    we(?:'re| are) (?:hiring|recruiting|looking for) | volunteers? | sponsored | competition
    shop (?:now|the) | order (?:now|yours) | new (?:episode|post|video|blog)
    live (?:now|at) | tune in | read (?:more|on) | full story | find out | learn more | click | tap | scan | swipe | visit us
    kit | session | edition | with us | from [£$€]\d | [£$€]\d+ off | best (?:ones?|repl(?:y|ies)|answers?|entry)
    unlock | presets? | listen | watch (?:now|here|it)
    start (?:free|here|now|today) | try (?:it|us|now|today|[a-z]+ (?:free|today|now)) | get started | cancel anytime
    free (?:app|guide|tool|pdf|quote|consultation|shipping|masterclass) | (?:in|with) one (?:app|tap|click|search|lesson)
    first (?:month|session|order|box) | limited (?:time|edition) | use code | promo code | book a (?:demo|call|seat|free)
    our (?:coaches|partners|studio|showroom|templates|customers|members|community|menu|staff|readers)
    you'll (?:love|actually) | (?:shop|order|visit|call|message|dm|email) (?:us|our|online|today)
    (?:link|code) in (?:bio|profile)
""")
OFFER = re.compile(rf"\b{OFFERS}\b", re.IGNORECASE)
TO_A_CROWD = group_of(r"""
    comment(?:s)?(?: below)? | below | repl(?:y|ies) | in the comments
    tag (?:a|your|someone) | share (?:yours?|it|this|below|a)
    vote | poll | drop (?:it|your|them) | go! | i'?ll (?:start|go first|wait) | wrong answers only | no wrong answers
    be honest | honestly | settle this | asking for
    serious(?:ly)? question | stupid question | quick question
    genuine question | silly question | question for | for the group
    discuss | debate | first correct | your guess | guess | hint | answers? (?:to|in|on) | trivia | quiz | brain ?teaser
    true or false | this or that | would you rather | unpopular opinion | hot take
    favou?rite | fave | recs | recommendations? | thoughts | opinions?
    anyone | anybody | everyone | everybody | lads | folks | guys | fam | peeps | chat | bestie | bro | dude | mate | y'all
    all of you | you lot | you all | asap | pls | plz | ta | cheers | thanks | thx | lol | idk
""")
CROWD = re.compile(rf"\b{TO_A_CROWD}\b|\ba\) .{{1,40}}b\) ", re.IGNORECASE)
NOT_CALLED = group_of(r"""
    I\b | English | French | German | Spanish | Chinese | Python | Java | Rust | Italian | Japanese
    China | India | France | Germany | America
""")
ASKED_BY_NAME = "(?:can|could|would|will|please|did|do|have|are|why|what|where)"
VOCATIVE = re.compile(rf",\s+(?!{NOT_CALLED})[A-Z][a-z]+[.?!]*$|^[A-Z][a-z]+, {ASKED_BY_NAME}\b")
NO_ORDER_OR_QUESTION = r"(?![^?]*\?$)"
HOW_HEADS = group_of(r"""
    i | we | one | two | an? [a-z\d]+ (?:of|[a-z]+) [a-z\d]+ | (?:the|our|my) [a-z]+ [a-z]+(?:ed|t)?
""")
WHY_HEADS = group_of(r"""
    i | we | you should | your | the | every | more | nobody | no one | so many | [a-z]+ (?:are|is|matters?|works?)
""")
WHAT_HEADS = group_of(r"""
    nobody | no one | the | we | i | every | [a-z]+ years | to (?:watch|read|wear|expect|know|cook|do this)
""")
LISTED = "(?:things|tips|ways|reasons|signs|lessons|mistakes|hacks|tricks|facts)"
POST_HEADS = group_of("""
    story time | update | edit | thread | breaking | review | til | aita | tldr | poll | question of the day | psa
""")
HEADLINE_OPENS = group_of(rf"""
    how {HOW_HEADS}\b
    why {WHY_HEADS}\b{NO_ORDER_OR_QUESTION}
    what {WHAT_HEADS}\b{NO_ORDER_OR_QUESTION}
    (?:the )?(?:\d+|three|five|seven|ten) {LISTED}\b
    {POST_HEADS}\b
""")
HEADLINE = re.compile(
    rf"^{HEADLINE_OPENS}"
    r"|^how to [^?]{6,}(?:\(|: | - |\bwithout\b.*\b(?:crying|trying|giving up)|, according|https?://|by our)"
    r"|\| |｜|🧵|\b1/\d*\b|https?://\S+$", re.IGNORECASE)
GOES_ON = group_of("""
    explain | give | list | write | compare | answer | show | describe
    summari[sz]e | use | include | argue | keep | provide
    please | and | or | what | why | how | which | is | are | if | do | does
    can | in | with | for | name | suggest | state | limit
""")
THEN_STATEMENT = re.compile(rf"\?\W{{0,3}}\s+(?!{GOES_ON}\b)[^?\s][^?]{{3,}}$", re.IGNORECASE)
"""A question that its author goes on to comment, or to sell something with."""
ASIDES = "(?:and|or|but|not|lads?|folks|go|please|i|it|because|first|please|pls|for)"
NO_ASIDES = group_of("""
    give | list | explain | include | use | then | why | how | say | describe
    ask | tell | write | show | compare | state | the | an?
    one | two | three | suggest | also | each | make | do | what | is | which | at
""")
REMARKS = group_of("""
    i | we | it | they | he | she | you | go | best | no | not | mine | same | here
    there | that | this | come | don't | only | ends? | easy
""")
TAIL = re.compile(rf"(?:, {ASIDES}\b(?! {NO_ASIDES}\b)[^,]*|[.!] {REMARKS}\b[^.]*[.!]?)$", re.IGNORECASE)
NO_BRANDS = group_of("""
    Python | Java | Rust | English | French | German | Spanish | Chinese | Italian | Japanese
    Earth | Mars | Monday | Excel | Word | Windows | Linux | Android
""")
BRAND = re.compile(rf"\b(?:with|from|at|by|on) (?!{NO_BRANDS}\b)[A-Z][a-z]+[A-Z]?\w*[.!]?$|\b[A-Z][a-z]+[A-Z][a-z]+\b")
SAID = "(?:asked|told|said|says|asks|wants?|set|gave|got|made|thinks?|just)"
MODELS = "(?:chatgpt|gpt|claude|gemini|the ai|an ai|copilot|grok|it to)"
SPEAKERS = group_of("""
    me | interviewer | boss | dad | mum | mom | gran | q | him | her
    customer | teacher | doctor | kid | son | daughter | teenager
""")
PAST = re.compile(
    rf"^(?:my|our|the|his|her|a|an|some)? ?(?:\w+ ){{0,2}}{SAID}\b(?! {MODELS})"
    rf"|^{SPEAKERS}\s*[:：]|^[\"“][^\"”]+[\"”] ", re.IGNORECASE)
ASKED_WITH = "(?:what(?:'s| is| was| are|'re)?|which|who(?:'s| is| was)?|how|where|when)"
HABITS = "(?:ever|even|have|want|dream|like|think|prefer|still|all|really)"
HABIT = re.compile(
    rf"\b{ASKED_WITH} (?:[a-z]+ )?(?:your|you|everyone|everybody|we|y'all|u)\b"
    rf"|\bdo (?:you|we|u) {HABITS}\b|\b(?:are|were|have|did|will) (?:you|we|u)\b", re.IGNORECASE)
CASUAL_WORDS = group_of("""
    gonna | wanna | kinda | dunno | cos | cuz | tho | tbf | nah | yeah | yep | meh
    ugh | argh | hmm+ | wow | omg | haha | lol | lmao | smh
    bruh | btw | imo | rn | af | idk | xx? | innit | blimey | gm | gn | wen | ser | u | ur | r | ppl | wtf
""")
CASUAL = re.compile(rf"\b{CASUAL_WORDS}\b|\b(\w)\1{{2,}}|\?{{2,}}|!{{2,}}|[\U0001F300-\U0001FAFF]", re.IGNORECASE)

HAN_HERE = re.compile(group_of(r"""
    公司 | 办公室 | 会议室 | 工位 | 冰箱 | 公交 | 地铁 | 高铁 | 列车 | 站台 | 车站 | 电梯
    群主 | 群里 | 群规 | 楼上 | 楼下 | 楼主 | 邻居 | 隔壁 | 房东 | 室友 | 快递 | 外卖 | 客服 | 食堂
    老师 | 老板 | 领导 | 导师 | 同事 | 同学 | 作业 | 考试 | 第\S{0,2}题 | 论文
    裁判 | 球员 | 进球 | 门口 | 这条街 | [东西南北]街 | 路上 | 那家 | 这家 | 哪家 | 票 | 演唱会 | 排队 | 物业 | 小区
    策划 | 服务器 | 机器人 | 频道 | 链接 | 截图 | 报错 | 头衔 | 配装 | 副本
    更新 | 版本 | 下一季 | 这集 | 编剧 | 女主 | 男主
    我[爸妈哥姐弟妹爷奶] | 孩子 | 闺女 | 儿子 | 娃 | 奶奶 | 爷爷 | 前任 | 相亲 | 男朋友 | 女朋友 | 对象 | 猫 | 狗
    今天 | 今晚 | 明天 | 昨晚 | 刚才 | 周[一二三四五六日末] | 下个月 | 这个月 | 上次 | 下次
    [一二两三四五六七八九十\d]点(?:钟|半|开|前)?
"""))
HAN_OFFER = re.compile(group_of(r"""
    报名 | 截止 | 赢取 | 有机会 | 抽\S{0,3}送 | 抽奖 | 直播 | 小程序 | 限时 | 优惠 | [一二三四五六七八九]折 | 元起
    招募 | 招聘 | 补货 | 上新 | 新品 | 上市 | 首发 | 公众号 | 关注 | 下载 | 扫码
    评论区? | 留言 | 投票 | 点赞 | 艾特 | 私信 | 私聊 | 门票 | 工作坊 | 训练营 | 名额 | 顾问 | 带你 | 为您
    一图 | 看懂 | 想不到 | 节目 | 播客 | 新书 | 上线 | 揭晓 | 竞答 | 抢答 | 答对 | 猜中 | 猜猜
    体验 | 免费 | 首月 | 大促 | 开箱 | 不见不散 | 欢迎 | 诚邀 | 投稿 | 征稿
    交稿 | 出[一两三\d]*张 | 转让 | 先到先得 | 解锁 | 滤镜
    材料包 | 活动 | 优先 | 预约 | 点击 | 戳 | 详情 | 见(?:图|链接|评论) | 招 | 专访 | 专家 | 记者 | 品牌 | 门店 | 营业 | 到店
    来\S{2,4}(?:住|尝|玩|看) | 最佳 | 送\S{1,4}$
    立减 | 满\S{1,4}[减送] | 特价 | 特惠 | 专享 | 包邮 | 试[吃听用] | 招生 | 征集
    有礼 | 礼盒 | 赢 | 票选 | 会员 | 买一 | 低至 | 一键 | 亲测
"""))
HAN_CROWD = re.compile(group_of(r"""
    有人 | 有谁 | 有没有人 | 大家 | 各位 | 你们 | 咱们 | 谁懂 | 谁能 | 谁有 | 谁来 | 谁看
    姐妹 | 兄弟 | 家人 | 宝妈 | 哥们 | 朋友们 | 求推荐 | 求鉴定 | 求 | 在线等 | 坐标 | 我先来 | 我等着
    给个意见 | 说说 | 晒 | 举个?手 | 弱弱 | 认真问 | 替朋友问 | 请教一下
    问一下 | 问个 | 老实 | 快说 | 选一个 | 选[ABab] | 打分
    急 | 呗 | 哈哈 | 笑死 | 谢谢 | 辛苦 | 麻烦 | 客气 | 正确答案
"""))
HAN_HABITS = group_of("""
    的 | 家 | 会 | 最 | 有 | 在 | 桌 | 平时 | 去 | 选 | 想 | 人生 | 小时候 | 坚持
    觉得 | 爷 | 吃 | 喝 | 猜 | 什么时候 | 现在 | 这 | 那 | 昨 | 今
    怎么还 | 还会 | 算 | 最后 | 刚
""")
HAN_HABIT = re.compile(rf"你(?:们)?{HAN_HABITS}")
HAN_HEADLINE = re.compile(group_of(r"""
    [｜|]
    我(?:们)?是(?:如何|怎么)
    ^为什么(?:我们?|你的?|上班族|年轻人|越来越)
    (?:个|条|点)(?:原因|技巧|建议|秘诀|真相|细节)$
    三分钟 | 一文 | 一图 | ^\S{2,14}：我
    ^(?:如何|怎样|怎么)[^？?]{3,}[：，]
    我们问了 | 记者 | 对于?\S{1,8}意味着什么 | 教会我什么 | 如何买下 | ^关于我 | (?:第\S)(?:个|种|条)你 | ^转：
"""))
HAN_GOES_ON = group_of("""
    请 | 给 | 列 | 写 | 用 | 为什么 | 举 | 说明 | 解释 | 从 | 分 | 并 | 要 | 答
    比较 | 原因 | 如何 | 怎 | 哪 | 还 | 如果 | 分别 | 简
""")
HAN_THEN_STATEMENT = re.compile(rf"[？?]\s*(?!{HAN_GOES_ON})[^？?\s][^？?]{{2,}}$")
HAN_REMARKS = group_of("""
    我 | 你 | 他 | 她 | 它 | 别 | 不然 | 谁 | 在线 | 急 | 快 | 拜托 | 谢 | 结果
    没 | 就 | 也 | 还 | 都 | 却 | 只 | 再 | 赢 | 送 | 抽 | 欢迎
    顺便 | 错过 | 先来 | 周[一二三四五六日末] | 今晚 | 截止
""")
HAN_TAIL = re.compile(rf"，{HAN_REMARKS}[^，：？]{{0,16}}[。！!]?$")
HAN_SPEAKERS = group_of("""
    我 | 我爸 | 我妈 | 儿子 | 孩子 | 老师 | 医生 | 面试官? | 领导 | 老板 | 客服 | 同事 | 奶奶 | 问 | 他 | 她
""")
HAN_QUOTED = re.compile(rf"^{HAN_SPEAKERS}[^，。：:]{{0,8}}[:：问说让]|^[“「\"][^”」\"]+[”」\"][^是的的意什，怎]")
HAN_CASUAL = re.compile(group_of(r"""
    啥 | 咋 | 咱 | 俺 | 哈+ | 嘛 | 呗 | 啦 | 呀 | 哎 | 唉 | 喔 | 哦 | 嘿 | 天哪
    妈呀 | 好家伙 | 绝了 | 离谱 | 神仙 | 笑死 | 救命 | 草 | 靠 | 服了
    ~ | ～ | [！!？?]{2,} | … | [\U0001F300-\U0001FAFF] | [^为]了$ | [吧啊]$
"""))
HAN_WHY_EVERYDAY = group_of("""
    我 | 你 | 他 | 她 | 这 | 那 | 大家 | 没人 | 有人 | 总 | 老是 | 不 | 要
    公司 | 公交 | 每 | 周 | 孩子 | 猫 | 快递 | 别人 | 现在 | 又
""")
HAN_WHO_EVERYDAY = "(?:规定|家|说|发明的早|在|动|把|又|穿|写的|看到|拿)"
HAN_EVERYDAY = re.compile(group_of(rf"""
    为什么{HAN_WHY_EVERYDAY}
    怎么(?:又|还|就|这么|那么|都|没人|了) | 什么时候(?:才|能|修|开|到|变|有) | 多少人 | 几点 | 谁{HAN_WHO_EVERYDAY}
    算不算 | 要不要 | 丢不丢 | 正常吗 | 真的假的 | 还好吗 | 来得及吗
"""))

ENGLISH = {"here": HERE.search, "time": TIME.search, "offer": OFFER.search, "crowd": CROWD.search,
           "vocative": VOCATIVE.search, "headline": HEADLINE.search, "question, then a statement": THEN_STATEMENT.search,
           "tail": TAIL.search, "brand": BRAND.search, "reported": PAST.match, "habit": HABIT.search,
           "casual": CASUAL.search}
CHINESE = {"here": HAN_HERE.search, "offer": HAN_OFFER.search, "crowd": HAN_CROWD.search, "habit": HAN_HABIT.search,
           "headline": HAN_HEADLINE.search, "question, then a statement": HAN_THEN_STATEMENT.search,
           "tail": HAN_TAIL.search, "reported": HAN_QUOTED.match, "casual": HAN_CASUAL.search,
           "everyday": HAN_EVERYDAY.search}
