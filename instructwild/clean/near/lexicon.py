"""What says the same in other words, and what says nothing, in the two languages in which requests are compared.

Lists of this module are closed: no word's role depends on the texts at hand. A word that is in no list carries meaning.
"""

GIVE, EXPLAIN, FIND, WHAT, HOW, WHY = "give", "explain", "find", "what", "how", "why"

ENGLISH_LIGHT = frozenset("""
a an the this that these those is are was were be been being am do does did done has have had will would can could should
may might shall of 's in on at for with by to as and it its i me my mine we our us you your yours they them their there here
which that who so then also just please kindly some any such very really quite given provided following below above listed
attached respective own particular specific certain appropriate suitable proper possible available hi hello hey dear ok okay
thanks thank thx pls etc eg ie about regarding concerning let lets us
""".split())
"""Words that may come and go without another thing being asked for. Not among them: `from`, `or`, `not`, `no`, `without`."""

_ENGLISH_SAME = f"""
{GIVE} write create compose generate make produce craft develop design construct build implement draft prepare formulate devise
    invent list name enumerate provide suggest propose recommend offer mention state brainstorm come
{EXPLAIN} describe discuss elaborate illustrate clarify tell outline introduce
{FIND} identify determine detect recognize spot discover locate
classify categorize categorise label group
rewrite rephrase paraphrase reword restate
change edit modify alter adjust revise
fix correct repair
summarize summary summarise synopsis
convert transform turn
calculate compute
analyze analyse examine analysis
evaluate assess rate judge
predict forecast
arrange organize organise order sort
choose select pick
way method technique approach strategy mean
advantage benefit pro upside merit
disadvantage drawback con downside
example instance sample
story tale narrative
picture image photo
use utilize utilise employ using via
important significant crucial key major main primary essential
reason cause
effect impact influence
big large
fast quick rapid quickly
start begin
help assist aid
company business firm
child kid
movie film
difference differ distinction different distinguish
purpose goal objective aim
type kind category
remove delete eliminate
happen occur
need require
definition define meaning
tip advice suggestion
issue problem
answer response reply
error mistake bug
title headline
improve enhance better
increase raise boost
reduce decrease lower lessen
prevent avoid
famous renowned known notable
short brief concise
return get
take accept receive
check verify test
continue proceed finish complete resume
another more
code snippet function program script application
importance significance role
understand comprehend
journey trip travel
picture image photo
house home
beautiful pretty gorgeous
price cost
shop store
road street
sick ill
sea ocean
angry mad
sad unhappy
happy glad joyful
fundamental basic simple
combine merge join
insert add include
replace substitute
extract retrieve fetch
concern worry
promote encourage
handle deal manage
concept notion idea
duplicate repeated
opinion view viewpoint
total sum
print display show output
quotation quote
dialogue conversation
slogan tagline
mail email
specialize expert
additional extra further
buy purchase
people person individual
imagine suppose pretend
speak talk
customer client
feature characteristic trait
relevant related
solve resolve
illness disease
phone smartphone
airplane plane aircraft
worker employee
boring dull
hard difficult
intelligent smart clever
funny humorous
scary frightening
"""

ENGLISH_PHRASES = {
    "come up with": GIVE, "think of": GIVE, "what are": GIVE, "can you": "", "could you": "", "would you": "", "will you": "",
    "i want you to": "", "i would like you to": "", "i would like to": "", "i need you to": "", "i want to": "", "i need to": "",
    "help me": "", "tell me": "", "let me know": "", "do you know": "", "show me": GIVE, "do you think": "", "in order to": "",
    "as well as": "", "make sure": "ensure", "a lot of": "many", "for example": "", "such as": "", "based on": "",
    "how come": WHY, "how would you describe": EXPLAIN, "how would you create": GIVE, "how would you write": GIVE,
    "how would you implement": GIVE, "how can i implement": GIVE, "how can i write": GIVE, "how can i create": GIVE, "role play as": "act", "you are": "act", "imagine you are": "act", "act as": "act", "go on": "continue",
    "keep going": "continue", "one more": "another", "according to": "", "a set of": "", "a list of": "", "list of": "",
    "the use of": "use", "another one": "another", "as input": "", "as an input": "", "as an argument": "", "as its argument": "",
    "as arguments": "", "as a parameter": "", "whether or not": "if", "with respect to": "", "in terms of": "", "the process of": "",
    "the concept of": "", "how would you go about": "how", "step by step": "step", "kind of": "", "type of": "", "types of": "",
    "kinds of": "", "due to": "because", "because of": "because", "such that": "", "at least": "least", "talk about": "explain",
    "go into": "explain", "in detail": "detailed", "each of": "each", "all of": "all", "what is": "what", "what would be": "what",
    "what do you think about": "what think", "how does": "how", "give me": GIVE, "piece of": "", "cannot": "not", "can not": "not",
}

CHINESE_LIGHT = """
请 请问 麻烦 帮我 帮忙 能否 能不能 可不可以 是不是 是否 可以 可否 你能 你可以 你能不能 我想让你 我想 我要 我需要 我希望你 我希望 请你 你 您 我 我们
的 地 了 着 吗 呢 吧 啊 呀 一下 一个 一种 一份 一篇 一首 一段 一些 一项 一条 一款 一则 一张 一位 一名 一部 个 种 篇 首 份 段 条 项 句 则 位
名 之 来 以便 从而 中 里 是 为 与 和 及 以及 对 对于 关于 有关 针对 给 给定 所给 提供的 所提供 以下 下列 下面 如下 上述 以上 这 这个 这些 该 此 那
其 进行 所 并 且 而 就 也 都 会 能 要 应该 应当 应 可 被 把 将 让 使 于 之间 当中 下面的 你认为 您认为 具有 存在 有 属于 合适的 适当的 适合的 恰当的 相应的
相关的 相关 特定 某个 某种 任何 各种 各个 根据 按照 基于 按 做 方面 时 在 一个人 很 非常 它 它们 他们 们 执行 开展 说 来说 一点 一些 内容
"""

_CHINESE_SAME = f"""
{GIVE} 写出 写下 写 撰写 编写 创作 创建 创造 生成 制作 制定 构造 构建 构思 设计 开发 实现 实施 起草 产生 列出 说出 给出 提供 举出 列举 提出 想出 推荐
    建立 输出 准备 举 举例 写一写 编 拟定 拟 造 罗列
{EXPLAIN} 描述 说明 阐述 介绍 讲述 讲解 简述 叙述 论述 讨论 解释 谈谈 说说 告诉 聊聊 阐释
{FIND} 确定 识别 找出 找到 判断 辨别 鉴别 发现 查找 指出 检测 找 辨认 判定 寻找
{WHAT} 什么 哪些 哪个 哪种 哪几种 何 啥 哪一个 哪
{HOW} 如何 怎么 怎样 怎么样 怎么办 怎样才能
{WHY} 为什么 为何 为啥
classify 分类 归类 分组
summary 总结 概括 归纳 概述 摘要 概要
rewrite 改写 重写 改述 重新表述 重述 转述 改为 改写为 改写成 修改为 改成
change 修改 编辑 更改 改变 改动
翻译 翻译成 翻译为 译成 译为
计算 求 算出 求出
分析 剖析
评估 评价 评判
比较 对比
预测 预计
排列 排序 重新排列
选择 选出 挑选
方法 方式 办法 途径 手段 策略
优点 优势 好处 益处 长处
缺点 劣势 坏处 弊端
区别 差异 不同 不同之处 差别 不同点
相同 相同点 相似之处 共同点 相似
特征 特点 特性
类型 种类 类别
原因 缘由
重要 关键 主要 重大
词 单词 词语 词汇 字词
句子 语句
段落 文段
含义 意思 意义 定义
孩子 儿童 小孩 孩童
网站 网页
人工智能 ai 人工智慧
简短 简要 简单 简洁 简略
详细 详尽
包括 包含 含有
减少 降低
提高 提升 增强 改善 改进
避免 防止 预防
公司 企业
电影 影片
例子 示例 实例 例
标题 题目
积极 正面
消极 负面
用 使用 利用 采用 运用 通过
表示 表达
体育锻炼 身体活动 运动 锻炼 体育运动
症状 临床症状 临床表现 临床症状及体征
药物治疗 治疗方案 治疗方法 治疗
公约数 公因数
需要 必须
著名 知名 有名
作用 用途
形式 表示形式
项目 物品
吸引人 引人注目 有吸引力
诗 诗歌
含义 含意
观点 看法 要点 意见
或 还是 或者
自然 大自然
家 家庭
汽车 轿车
漂亮 美丽 好看
高兴 快乐 开心
生气 愤怒
悲伤 难过 伤心
错误 失误
删除 删掉 移除 去掉
添加 加入 增添
替换 替代 代替
解决 处理 应对
运行 运作
工作原理 原理
目的 目标
结果 后果
危害 害处
正确 准确
帮助 协助
结尾 结局
开头 开场 开场白
题材 主题
想法 点子 创意
事项 事情
保护 维护
了解 认识
对话 会话
闲暇 空闲
过程 流程
等效 等价 等值 等同
利弊 优缺点 优点和缺点
活着 生命 人生
问题 难题
阶段 步骤
建议 技巧
物体 对象
商品 产品
挑战 困难
未来 将来 今后
学生 学员
老师 教师
医生 大夫
食物 食品
心情 情绪
说服力 劝服力
旅行 旅游
有效 好 良好
迅速 快速
方程 方程式
文本 文字
"""


def _classes(listed: str) -> dict[str, str]:
    """Each word of a line (continued by indented lines) -> the line's first word."""
    lines: list[list[str]] = []
    for line in listed.splitlines():
        if line.startswith(" "):
            lines[-1] += line.split()
        elif line.strip():
            lines.append(line.split())
    return {word: line[0] for line in lines for word in line}


ENGLISH_SAME = _classes(_ENGLISH_SAME)
"""A word, without its ending -> the word that stands for all of its meaning."""

CHINESE_PHRASES = {**dict.fromkeys(CHINESE_LIGHT.split(), ""), **_classes(_CHINESE_SAME)}
"""A word -> the one that stands for all of its meaning, or nothing where it says nothing."""

NUMBERS = {word: str(number) for number, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty".split())} | {"thirty": "30", "forty": "40", "fifty": "50", "hundred": "100", "thousand": "1000"}

DIRECTED = frozenset("to into from than before after over under of by if against".split())
DIRECTED_CHINESE = frozenset("成为到从比给把被将向于由")
"""Where one of these stands, the order of what stands around it carries meaning."""

FIXED_ENGLISH = frozenset("""
not no never none nor neither without except only but unless instead if or least most max maximum minimum exactly between first
last next previous before after short long brief detailed simple formal informal casual creative funny humorous persuasive table
json xml csv html markdown list bullet paragraph sentence word line page poem poetry haiku essay email letter tweet story article
song rap speech dialogue pseudocode comment english chinese french spanish german japanese korean russian italian
portuguese arabic hindi latin python java javascript typescript php ruby rust swift kotlin scala sql bash c go r perl haskell
american british european asian african male female man woman men women boy girl he she husband wife mother father son daughter
old young modern ancient positive negative good bad best worst big large small high low more less fewer same opposite
different reverse ascending descending another other all every each both half double past present future active passive singular
plural from into to recursive recursion online
""".split())
FIXED_CHINESE = frozenset("不没无非未别勿莫只仅若如除但或否反逆男女父母夫妻儿童老少青旧古今前后左右上下东西南北内外大小多少高低长短快慢好坏优劣早晚"
                          "正负增减升降首末初终最更较再第每全半英法德日韩俄意西葡美欧亚澳洲诗词歌文表图邮信题码详简幽默正式语句字页行")
"""Terms of a constraint, a format, a language, a sex, a grade: a text with one of them asks for something else than one without."""
