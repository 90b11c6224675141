"""Signs in a text out of a feed that it sets a task which stands by itself: what is to be made, from what, and how."""

import re

from instructwild.text.word_table import group_of

WORK = group_of("""
    poem | haiku | limerick | sonnet | stor(?:y|ies) | essay | cover letter
    letter | e-?mail | speech | script | scene | dialogue
    conversation | summary | outline | (?:business |marketing |meal |workout |training |lesson |project )?plan
    schedule | timetable | itinerary | recipe | function | query | regex
    slogan | tagline | headline | subject line | press release | blog post | article | paragraph
    product description | job description | riddle | joke | pun | song | lyrics | rap | verse | proposal | report | memo
    toast | eulogy | obituary | playlist | monologue | fable | fairy tale
    backstory | plot | crossword clue | tongue twister
    metaphor | analog(?:y|ies) | synonym | argument | pros and cons | example | tip | idea | question | questions and answers
    flashcard | quiz | table | checklist | list | best practices | step | way | name | title | unit test | class | formula
    spreadsheet | program | code | persona | character | prompt | tweet | caption | bio | resume | review
    difference | advantages | disadvantages | benefits | causes | effects | symptoms | history
""") + "s?"
NO_POST = r"(?![^\n]*(?:https?://|[!@#]|\bopen letter\b))"
WORK_LEADS = group_of(r"""
    an? | the | some | \d+ | two | three | four | five | six | seven | ten
    short | funny | simple | good | best | top | main | detailed | [a-z]+(?<!ing)(?<!ed)
""")
WORK_IS = group_of("""
    to | for | about | of | that | between | on | against | in | matching
    with | from | where | who | set | using | versus | vs
""")
WORK_ALONE = re.compile(
    rf"^{NO_POST}(?:{WORK_LEADS} ){{0,3}}{WORK} {WORK_IS}\b"
    r"(?! (?:my|me|us|today|tonight|the day|this week|the year))", re.IGNORECASE)
CODED_IN = group_of(r"""
    python | ruby | javascript | typescript | java | c\+\+ | c# | rust
    golang | php | kotlin | swift | bash | shell | powershell
    sql | html | css | excel | google sheets | vba | latex | regex | solidity | react | node | django | git | docker | linux
    matlab | pandas | numpy | json | yaml
""")
CODE_PIECE = "(?:code|script|function|formula|query|command|program|class|one-liner|snippet|example|to|for|in|that)"
CODE_ALONE = re.compile(
    rf"\b{CODED_IN}\b.{{0,30}}\b{CODE_PIECE}\b"
    r"|^(?:code|script|regex|function|query|formula|program|command) (?:to|for|that|which|in)\b", re.IGNORECASE)
CODE_WORDS = group_of(r"""
    python | javascript | typescript | java | c\+\+ | rust | golang | php
    bash | sql | html | css | excel | regex | json | yaml | api
    latex | docker | linux | algorithm | recursion | database | variable | array | compiler
""")
CODE = re.compile(rf"\b{CODE_WORDS}\b|```|[{{}};]\s*$|\b[a-z_]\w+\((?!e?s\))\w*\)", re.IGNORECASE)
WORKS_ON = group_of("""
    re-?write | re-?word | rephrase | paraphrase | translate | summari[sz]e
    correct | proofread | improve | edit | simplify | shorten
    expand | continue | complete | convert | change | turn | classify | sort
    rank | fix | debug | analy[sz]e | explain | solve | format
    extract | identify | find | answer | calculate | evaluate | determine | give | make | write | list | choose | fill
""")
MATERIAL = re.compile(
    rf"^(?:please |can you |could you |now )?{WORKS_ON}\b"
    r"[^:\n\"“]{0,90}(?:[:：]\s*\S|\n\s*\S|[\"“]\S+(?: \S+)+[\"”])", re.IGNORECASE)
AMOUNTS = "(?:how (?:many|much|long|far|fast|old|big|tall))"
GIVENS = group_of("""
    if | suppose | assume | given | let | all | some | every | a | an | two | three | there are
""")
PROBLEM = re.compile(group_of(rf"""
    \d[^?]{{8,}}\b(?:{AMOUNTS}|what (?:is|are|was|will)|what's|which)\b[^?.!]{{2,}}\?
    \d[^?]{{8,}}[.,;:] (?:and )?(?:{AMOUNTS}|find|calculate|determine|work out)\b[^?.!]{{2,120}}[.?]?\s*$
    ^{GIVENS} [^?]{{12,}}[.,] (?:[^?.]+[.,] )?(?:{AMOUNTS}|what|which|who|does it follow|can we conclude|is|are)\b[^.!?]*\?
    ^{GIVENS} [^?]{{12,}}[.,] (?:[^?.]+[.,] )?(?:find|calculate|determine|work out)\b
"""), re.IGNORECASE)
"""Numbers or premises, and then the question about them: a statement that goes on with "which" asks nothing."""
FORMULA = re.compile(r"\d\s*[a-z]\b\s*[-+=*/^]|[-+*/^=]\s*\d+\s*[=?]|\b[a-z]\^\d|\bsin|\bcos\b|√|π|\d\s*[×÷]\s*\d")
ASKED_WITH = "(?:do|does|did|can|are|were|could|should|is|was|will|would|has|have)"
STATES_UNLESS_MARKED = rf"(?!{ASKED_WITH}\b(?![^?]*\?)(?!\S+(?: \S+){{1,7}}$))"
NO_KIND = group_of("""
    you | we | they | he | she | i | it | this | that | these | those | the
    your | my | our | his | her | people | men | women | guys
    things | there | always | us | ours | yours | hers | is | was | has | as | kids | parents | mods | devs | lads | others
""")
GENERIC = re.compile(
    rf"^{STATES_UNLESS_MARKED}(?:so |and |hey,? )?(?:(?:why|how|when|where|what) )?{ASKED_WITH} (?!{NO_KIND}\b)"
    r"(?:[a-z-]+ ){0,2}?[a-z-]{2,}(?:s|a|e|ia|ae|ren|ice|ese|er|y|t|n|d)\b", re.IGNORECASE)
"""A question about things of a kind: "why do cats purr", "is glass a liquid"."""
WORLD_STEMS = group_of(r"""
    atom(?!i[cz]e) | electron | molecul | virus | bacteri | protein | enzyme
    evolution | mammal | galax | quantum | relativity
    entropy | temperature | volcan | earthquake | rainbow | lightning | magnet
    electric | vaccin | immun | hormone | vitamin | calori
    symptom | therap | revolution | ancient | medieval | civili[sz]ation | constitution | democra | capitalis | communis
    inflation | econom | philosoph | ethic | utilitarian | religio | buddhis | islam | christian | shakespeare
    grammar | synonym | idiom | equation | theorem | triangle | rectangle
    probabilit | statistic | algorithm | recursion | database
    blockchain | encrypt | protocol | neural | photosynthes | fossil | dinosaur | insect
""")
"""How words about the world begin."""
WORLD_WORDS = group_of(r"""
    cell | dna | gene | genetic | species | planet | star | orbit | gravity
    energy | pressure | freeze | freezing | boil | boiling | melt
    melting | oxygen | carbon | acid | metal | climate | ocean | tide | moon
    sun | sky | light | sound | wave | brain | blood | disease
    empire | dynasty | war | treaty | century | king | queen | president | tax
    taxe | interest rate | compound interest | loan | gdp
    novel | hamlet | poet | painter | composer | verb | noun | plural | tense | prime number | machine learning | compiler
    capital of | population of | invented | invention | discovered | founded
    bird | fish | whale | shark | bee | plant | tree | soil | seed | yeast | dough | salt | vinegar | stain | rust
""")
"""Whole words: `star` is none of "start", `bee` none of "been"."""
WORLD = re.compile(rf"\b(?:{WORLD_STEMS}\w*|{WORLD_WORDS}e?s?\b)", re.IGNORECASE)
POLITE = "(?:please |pls |kindly |(?:can|could|would) you (?:please )?|help me )?"
VERBS = group_of("""
    write | compose | draft | generate | create | design | explain | describe
    summari[sz]e | translate | compare | contrast | suggest
    list | outline | analy[sz]e | define | discuss | calculate | solve | prove
    convert | rewrite | paraphrase | proofread | classify
    brainstorm | recommend | act as | pretend | imagine | give | tell
    name | plan | make | come up with | simplify | estimate
    evaluate | sort | rank | identify | provide | develop | invent | build | debug | implement | continue | correct
""")
TASK_VERB = re.compile(rf"^{POLITE}{VERBS}\b", re.IGNORECASE)
ROLES = group_of("""
    you are | you're | act (?:as|like) | pretend (?:to be|you(?:'re| are)) | imagine you(?:'re| are)
    i want you to (?:act|be) | role-?play | play the role | let's (?:play|role-?play)
""")
ROLE_DOES = group_of("""
    you[ ] | i[ ] | my[ ] | ask | answer | write | explain | give | tell | help
    make | describe | diagnose | teach | start | quiz | review
    reply | respond | make | interview | list | suggest
""")
ROLE_THEN_TASK = re.compile(rf"^{ROLES}\b.{{4,}}?(?:[.,;:]| and)\s+(?:then )?{ROLE_DOES}", re.IGNORECASE)
NEED = re.compile(rf"^i(?:'d| would)? (?:need|like|want|am looking for)(?: to (?:have|get))? (?:an?|some|\d+|ideas|help)\b"
                  rf"(?:[^.?!]{{0,40}})\b(?:{WORK}|name|gift|word|outfit|advice)\b", re.IGNORECASE)

HAN_WORK = group_of("""
    故事 | 诗 | 绝句 | 律诗 | 俳句 | 对联 | 散文 | 作文 | 文章 | 文案 | 邮件 | 信 | 短信 | 通知 | 请假条 | 检讨
    演讲稿? | 发言稿 | 致辞 | 脚本 | 剧本 | 台词 | 对话 | 独白 | 新闻稿 | 简历
    报告 | 方案 | 计划书? | 策划书? | 大纲 | 提纲 | 提案
    清单 | 列表 | 表格 | 食谱 | 菜谱 | 攻略 | 行程 | 口号 | 标语 | 广告语 | 标题 | 名字
    代码 | 程序 | 函数 | 脚本 | 语句 | 查询 | 公式 | 正则(?:表达式)? | 命令 | 单元测试
    笑话 | 段子 | 绕口令 | 谜语 | 歌词 | 比喻 | 例子 | 近义词 | 反义词 | 理由 | 论点 | 观点
    建议 | 方法 | 技巧 | 步骤 | 原理 | 原因 | 区别 | 差异 | 异同 | 利弊 | 优缺点
    影响 | 作用 | 意义 | 特点 | 定义 | 问题 | 题目? | 选择题
    书单 | 简介 | 介绍 | 评论 | 影评 | 书评 | 小说 | 童话 | 寓言 | 家书 | 悼词 | 律师函
    产品介绍 | 话术 | 面试题 | 实践 | 冷知识 | 健身计划 | 学习计划 | 回复 | 规则
""")
HAN_WORK_ALONE = re.compile(rf"^[^，。？！,?!我你他她]{{2,40}}(?:的|，)?{HAN_WORK}"
                            r"(?:，(?:附|含|要|不|\d|[一二三四五六七八九十]|字|用|分|包)[^。]*)?[。.]?$")
HAN_CODE = re.compile(group_of(r"""
    python | javascript | java | c\+\+ | rust | sql | html | css | excel | linux | bash | json | yaml
    正则 | 代码 | 函数 | 脚本 | 算法 | 数据库 | 编程 | 递归 | 接口 | 单元测试 | 单元格 | 变量 | ``` | \w\(\w*\)
"""), re.IGNORECASE)
HAN_WORKS_ON = group_of("""
    把 | 将 | 翻译 | 改写 | 修改 | 改正 | 润色 | 续写 | 扩写 | 缩写 | 仿写 | 总结 | 概括 | 判断 | 分类 | 排序 | 找出 | 修复
    换一种 | 补全 | 完成 | 计算 | 解释 | 分析 | 按 | 根据 | 这 | 提取 | 比较 | 用 | 给
""")
HAN_MATERIAL = re.compile(
    rf"^(?:请|请你|帮我|麻烦)?{HAN_WORKS_ON}[^:：\n“「\"]{{0,40}}(?:[:：]\s*\S{{2,}}|\n\s*\S|[“「\"]\S{{3,}}?[”」\"])")
HAN_COUNTS = "[一二三四五六七八九十百千万两]"
HAN_PROBLEM = re.compile(group_of(rf"""
    \d[^？?]{{4,}}(?:多少|几|多久|多长|多远|多大|是多|谁|哪)[^。！，,？?]{{0,12}}[？?。]?\s*$
    \d[^？?]{{4,}}(?:多少|几|多久|多长|多远|多大|求|是多|谁|哪)[^。！？?]{{0,20}}[？?]
    \d[^？?]{{4,}}[，。：:,]\s?求
    {HAN_COUNTS}\S{{6,}}(?:还剩|一共|共有?|每)[^？?]{{0,10}}(?:多少|几)
    (?:所有|凡是|任何).{{4,}}(?:能推出|是否|那么|吗) | 比[^比]{{1,6}}比[^比]{{1,6}}谁最
"""))
"""Numbers or premises, and at the end the question about them."""
HAN_WHY_PEOPLE = group_of("我 | 你 | 他 | 她 | 这 | 那 | 大家 | 没人 | 有人 | 总 | 不 | 要 | 老 | 公司 | 公交")
HAN_WHY_ENDS = "(?:会|是|要|能|更|可以|不能|呈|有|比|喜欢|需要|容易)"
HAN_ASKS_OF_IT = group_of(r"""
    是什么 | 是怎样 | 是怎么 | 为什么 | 可以 | 能不能 | 会不会 | 有哪些 | 有什么 | 怎么[去做算写用保处理理养治] | 如何
    是谁 | 是哪 | 属于 | 算不算 | 有多 | 多[高深远大重]$ | 在哪里$ | 生活在 | 说什么 | 讲了什么 | 考什么
    什么时候(?!才|能|开始|到|轮|播)[^，]{1,6}的 | 最[长高大多深早]的?[^，]{0,8}是 | 岛屿?最
    怎么(?:折|打|准备|起作用|形成|做出) | 的(?:区别|原理|原因|意思|含义|不同|作者|主题|内容|结构|功能|缩写)
""")
HAN_GENERIC = re.compile(
    rf"^(?!为什么{HAN_WHY_PEOPLE}|怎么(?:又|还|这|那|会有|都))"
    rf"(?:为什么[^我你他她这那咱？?]{{2,}}{HAN_WHY_ENDS}|[^我你他她这那咱？?，。]{{1,14}}{HAN_ASKS_OF_IT}|"
    r"[^我你他她它这那咱们大家今周班老板猫狗有人不\n，]{2,16}吗[？?]?$|(?:什么|怎样|如何|哪些)(?:是|叫|"
    r"[^我你他她这那？?]{4,}))")
HAN_OPENERS = group_of(r"""
    角色扮演 | 来玩(?:一?个?文字)?冒险 | 接着写 | 续写 | 改正 | 因式分解 | 化简 | 约分 | 找规律 | 赏析 | 试论
    论(?!文|坛|如何) | 浅谈 | 简述 | 一?\d*[百千]?\d*字(?:左右)?(?:介绍|论|写|概括|说明) | 用一句话(?:概括|总结|说明)
    你是一?[名位个].{2,}[，。：] | 你是\d | 求[^推鉴助问教带一个链资组各大] | 下列 | 把下[列面]
""")
HAN_OPENER = re.compile(f"^{HAN_OPENERS}")
HAN_WORLD = re.compile(group_of(r"""
    原子 | 电子 | 分子 | 细胞 | 病毒 | 细菌 | 蛋白 | 基因 | 进化 | 物种 | 哺乳
    行星 | 恒星 | 卫星 | 星系 | 引力 | 量子 | 相对论 | 能量 | 熵
    温度 | 压强 | 结冰 | 沸 | 氧气 | 二氧化碳 | 氧化 | 碳排放 | [硫盐硝碳乙胃]酸 | 酸[雨碱性] | 氨基酸 | 金属 | 火山
    地震 | 气候 | 海洋 | 潮汐 | 月球 | 月亮 | 太阳 | 地球 | 光年 | 声音 | 磁[铁场力] | 电流
    疫苗 | 免疫 | 大脑 | 血[液型压糖管] | 激素 | 维生素 | 热量 | 疾病 | 症状
    帝国 | 朝代 | 王朝 | [商周秦汉晋隋唐宋元明清]朝 | 战争 | 革命 | 条约 | 世纪 | 古代 | 文明 | 皇帝 | 总统 | 宪法 | 民主
    资本 | 通货膨胀 | 经济 | 税[收率] | 利率 | 复利 | 贷款 | 哲学 | 伦理 | 佛教 | 儒家 | 论语 | 庄子 | 唐诗 | 宋词
    红楼梦 | 西游记 | 三国 | 鲁迅 | 苏轼 | 李白 | 诗人 | 画家 | 语法 | 成语 | 词语 | 病句
    方程 | 定理 | 素数 | 三角形 | 长方形 | 概率 | 统计 | 算法 | 数据库 | 区块链 | 加密 | 协议 | 神经网络 | 机器学习 | 编译
    首都 | 人口 | 发明 | 光合 | 化石 | 恐龙 | 昆虫 | 鸟类? | 鲸 | 鲨 | 蜜蜂 | 植物 | 土壤 | 种子
    酵母 | 面团 | 盐 | 醋 | 除垢 | 污渍 | 《[^》]+》
"""))
HAN_ORDERED = "^(?:请你?|帮我|麻烦你?|能不能|能否|可以)?(?:帮我)?"
HAN_VERBS = group_of("""
    写 | 创作 | 编 | 拟 | 起草 | 生成 | 设计 | 解释 | 说明 | 介绍 | 描述 | 概括 | 总结 | 翻译 | 比较 | 对比 | 列 | 推荐
    想 | 给 | 举 | 计算 | 证明 | 化简 | 求 | 改写 | 修改 | 润色 | 续写 | 判断
    分析 | 论述 | 制定 | 策划 | 扮演 | 模仿 | 假装 | 假设 | 想象
    虚构 | 估算 | 讲 | 用 | 把 | 将 | 做 | 为 | 按 | 以 | 从 | 出 | 找
""")
HAN_TASK_VERB = re.compile(f"{HAN_ORDERED}{HAN_VERBS}")
HAN_ROLES = "(?:你是|扮演|充当|作为|假[装设]你?|想象你|模仿|我们来|当)"
HAN_ROLE_DOES = group_of("""
    请 | 给 | 讲 | 写 | 帮 | 一 | 问 | 回答 | 介绍 | 描述 | 解释 | 我 | 为 | 你 | 接受 | 先 | 评论 | 只
""")
HAN_ROLE_THEN_TASK = re.compile(rf"^(?:请你?|我(?:想|要|希望|需要)你)?{HAN_ROLES}(?:一|我的|最后|守)?.{{2,}}?"
                                rf"[，。：]{HAN_ROLE_DOES}")

READ = 600
"""Characters that are looked at: what a text is for shows early."""
SETS = (WORK_ALONE.match, CODE_ALONE.search, MATERIAL.match, PROBLEM.search, ROLE_THEN_TASK.match, NEED.match)
HAN_SETS = (HAN_WORK_ALONE.match, HAN_MATERIAL.match, HAN_PROBLEM.search, HAN_ROLE_THEN_TASK.match, HAN_OPENER.match)


def sets_task(text: str, chinese: bool) -> bool:
    """Whether a text sets a task without an order or a question: names what is to be made, or gives what to work on."""
    head = text[:READ]
    return any(search(head) for search in (HAN_SETS if chinese else SETS))


def word_problem(text: str, chinese: bool) -> bool:
    """Whether a text asks for what follows from the numbers or sentences before."""
    return (HAN_PROBLEM if chinese else PROBLEM).search(text[:READ]) is not None


ENGLISH = {"work alone": WORK_ALONE.match, "code to write": CODE_ALONE.search, "code": CODE.search,
           "material": MATERIAL.match,
           "word problem": PROBLEM.search, "formula": FORMULA.search, "of a kind": GENERIC.match, "world": WORLD.search,
           "task verb": TASK_VERB.match, "role then task": ROLE_THEN_TASK.match, "need": NEED.match}
CHINESE = {"work alone": HAN_WORK_ALONE.match, "code": HAN_CODE.search, "material": HAN_MATERIAL.match,
           "word problem": HAN_PROBLEM.search, "formula": FORMULA.search, "of a kind": HAN_GENERIC.match,
           "world": HAN_WORLD.search, "task verb": HAN_TASK_VERB.match, "role then task": HAN_ROLE_THEN_TASK.match,
           "task opener": HAN_OPENER.match}
