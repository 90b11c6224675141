"""What a Chinese instruction looks like, and what is only talk."""

import re

from instructwild.collect.tasks import HAN_GENERIC, sets_task, word_problem
from instructwild.text.word_table import any_of, group_of

_MEASURES = group_of("""
    个 | 篇 | 首 | 段 | 份 | 封 | 句 | 条 | 则 | 副 | 张 | 部 | 本 | 种 | 道 | 些 | 款 | 家 | 位 | 名 | 点 | 组 | 套
    页 | 幅 | 百 | 千 | 分钟 | 天 | 周 | 步
""")
_MEASURE = rf"[一两二三四五六七八九十几多\d]+{_MEASURES}"
_DOES = group_of("""
    解释 | 介绍 | 说明 | 描述 | 阐述 | 总结 | 概括 | 归纳 | 分析 | 比较 | 对比 | 评价 | 评论 | 点评 | 谈谈 | 说说
    讲讲 | 聊聊 | 列举 | 论述 | 翻译 | 计算 | 推导 | 证明 | 求解 | 求 | 改写 | 润色 | 续写 | 扩写 | 缩写 | 仿写 | 修改
    优化 | 纠正 | 检查 | 判断 | 提取 | 分类 | 预测 | 模仿 | 扮演 | 充当 | 解方程 | 解读 | 解答 | 回答 | 列出 | 举例
    创建 | 创造 | 制作 | 建议 | 重构 | 重写 | 重述 | 解决 | 发一条 | 简单地 | 使用 | 让(?:以下|下面|这段) | 补全 | 完成
    编写 | 撰写 | 推荐 | 给出 | 写出 | 说出 | 指出 | 找出 | 选出 | 算出 | 造句 | 排序 | 换一种 | 转换 | 改成 | 改编
    模拟 | 制定 | 设计 | 生成 | 创作 | 策划 | 规划 | 拟定 | 整理 | 实现 | 赏析 | 鉴赏 | 教我 | 告诉我 | 提供 | 展示
    罗列 | 陈述 | 描绘 | 回复 | 命名 | 校对 | 简述 | 详述 | 概述 | 浅谈 | 分别 | 帮我(?!顶|转|点|投|看看家|带|拿|问问)
    替我 | 为我
""")
_MAKES = group_of("""
    写 | 创作 | 编写 | 撰写 | 编 | 拟 | 起草 | 草拟 | 作 | 做 | 设计 | 制作 | 制定 | 生成 | 画 | 起 | 取 | 想 | 列 | 出
    讲 | 说 | 推荐 | 介绍 | 找 | 举 | 安排 | 策划 | 规划 | 准备 | 开发 | 整理
""")
_MADE = group_of(f"""
    {_MEASURE} | 一 | 个 | 份 | 篇 | 首 | 段 | 封 | 点 | 些 | 出 | 关于 | 有关 | 以 | 下 | 自我介绍 | 作文 | 文案
    代码 | 程序 | 诗 | 故事 | 简历 | 邮件
""")
_NO_MERE_WORD = "(?!就是|得|了(?!一)|才|的是|也|都|是|[，。！!]|$)"
TASKS = f"{_MAKES}(?:出)?(?:一下)?{_MADE}|{_DOES}{_NO_MERE_WORD}"
"""Verbs of tasks, with what keeps them from being a mere word."""

_NOT_PLEASE = group_of("""
    大家 | 叫我 | 各位 | 假 | 客 | 勿 | 关注 | 支持 | 转 | 多多 | 放心 | 不要 | 收 | 查收 | 進 | 进来 | 注意 | 私 | 扫 | 加
    点 | 到 | 联系 | 尊重 | 珍惜 | 珍爱
""")
"""What makes 请 a word of another kind, or a call to readers."""
_YOU_ARE_TO = "你(?:是|现在是|将|要|需要|作为|来|的任务|的角色|扮演|可以(?:帮|用|给)|能(?:帮|用|给|不能))"
_IN_A_WAY = group_of("""
    考考?我 | 只?用 | 以 | 按照 | 按 | 根据 | 依据 | 针对 | 围绕 | 从 | 站在 | 结合 | 仿照 | 模仿
""")
_TOLD_IN_IT = group_of("""
    写 | 讲 | 解释 | 说 | 描述 | 介绍 | 回答 | 翻译 | 改 | 评价 | 创作 | 编 | 总结 | 对比 | 比较 | 分析 | 为题 | 为主题
    开头 | 为背景 | 列 | 设计 | 拟 | 作 | 生成 | 口吻 | 语气 | 视角 | 来表达 | 造句 | 展开 | 讲述 | 列举 | 概括 | 归纳 | 教
    估算 | 描写 | 制定 | 推荐 | 画 | 叙述
""")
_CHANGED = group_of("""
    改 | 翻译 | 译 | 变 | 转 | 缩 | 扩 | 整理 | 润色 | 分类 | 排序 | 总结 | 概括 | 写成 | 换成 | 归纳 | 拆 | 合并 | 列成 | 补
    浓缩 | 提炼 | 按
""")
_DONE_FOR = group_of("""
    创建 | 创造 | 制作 | 提出 | 生成 | 列出 | 写 | 起 | 设计 | 取 | 想 | 拟 | 推荐 | 安排 | 规划 | 策划 | 描述 | 描写 | 排序
    做一 | 出 | 讲 | 编 | 制定 | 打分 | 分类 | 润色 | 续写 | 提建议 | 介绍 | 解释 | 列
""")
_LABELS = group_of("""
    角色 | 任务 | 背景 | 要求 | 主题 | 题目 | 输入 | 问题 | 翻译 | 续写 | 造句 | 改错 | 填空 | 选择题 | 判断题 | 计算题
    解方程 | 仿写 | 关键词
""")
_REQUESTS = group_of(rf"""
    请(?!{_NOT_PLEASE}) | 麻烦(?:你|您)?
    (?:能不能|可不可以|能否|可以|可否)(?:请)?(?:帮我|给我|为我|替我) | {_YOU_ARE_TO} | (?:我(?:想|希望|要|需要))(?:让|请)?你
    我需要(?:{_MEASURE}|你) | (?:假设|假如|假装|想象|设想|如果你是|倘若) | 作为一
    {_IN_A_WAY}.{{1,40}}{_TOLD_IN_IT} | (?:把|将).{{1,60}}{_CHANGED} | (?:给我?{_MEASURE})
    (?:给|为|替|对|就|向|按|基于|关于).{{1,24}}{_DONE_FOR} | {_LABELS}\s*[:：]
    (?:选择|改正|补充)(?:下|以|正) | 已知.{{4,}}求 | (?:我们来|让我们|咱们来)(?:玩|做|进行|聊) | (?:{TASKS})
""")
_GREETINGS = r"(?:(?:好的?|那么?|现在|首先|接下来|然后|你好|您好|嗨|哈喽)[，,！!：:\s]*)*"
REQUEST = re.compile(f"^{_GREETINGS}{_REQUESTS}", re.IGNORECASE)
LATER = re.compile(rf"(?:[，,。；;！!？?\n：:、\s]|然后|并且?|再)(?:请|帮我(?!顶|转|点)|给我|麻烦|你(?:来|帮我|"
    rf"能不能)|{TASKS})|请你|请帮我|(?:该|应该|要|可以)(?:怎么|如何)")
NAMED = re.compile(r"^.{2,30}的(?:方法|步骤|清单|列表|故事|诗|代码|建议|例子|歌曲|对决|历史|区别|权利|定义|原因|"
    r"影响|优缺点|攻略|菜谱|计划)[。.]?$")
"""A thing to be told or made, named without a verb: enough where the author presents it as a prompt."""
QUESTION = re.compile(any_of("""
    什么 | 怎么 | 怎样 | 如何 | 为什么 | 为何 | 为啥 | 多少 | 几[个种点年岁次天只条人本种月号斤米] | 哪[里个些种儿位一]
    谁 | 是否 | 能不能 | 能否 | 可不可以 | 会不会 | 有没有 | 是不是 | 要不要 | 该不该 | 吗 | 呢
    多[大高长久远重快深厚宽] | 咋 | 何[时处为谓] | 区别 | 啥
"""))
INDEFINITE = re.compile(r"(?:没|不|别|无)[^，。？?！!；;\n]{0,6}"
                        r"(?:什么|多少|几[个种天次]|谁|怎么样|怎样|哪[里个些])(?![^\n]{0,40}[？?])")
"""Question words that ask nothing behind a negation: 没什么, 不怎么样."""
CLOSING = re.compile(r"[，,。！!；;\n]")
PEOPLE = re.compile(any_of("""
    有人 | 有没有人 | 有谁 | 谁(?:能|知道|有|懂|也|来|要|在|想|家) | 大家 | 你们 | 各位
    求(?:推荐|助|问|教|带|大佬|一份|个|链接|资源|组队|介绍) | 兄弟们? | 姐妹们? | 家人们 | 宝子 | 友友 | 楼主
    群[友里主] | 网友 | 同学们 | 朋友们 | 大佬 | 在吗 | 在不在 | 转发 | 点赞 | 关注我 | 私信 | 私聊 | 评论区 | 扫码
    加群 | 报名 | 早安 | 晚安 | 打卡 | 打扰 | 顶一下 | 支持一下 | 多多支持 | 主页 | 抽奖 | 互关 | 出租 | 转租 | 转让
    出售 | 二手 | 便宜点 | 包邮 | 有偿 | 内测 | 二维码 | 戳链接 | 欢迎(?:加入|收藏|转发|在|留言) | 举手 | 投票 | 组队
    拼车 | 拼单 | 直播间 | 下单 | 锁定
"""))
_TELLERS = group_of("""
    我 | 我们 | 咱 | 他 | 她 | 它 | 俺 | 人家 | 朋友 | 同事 | 老板 | 老师 | 我妈 | 我爸 | 室友 | 闺蜜 | 男友 | 女友
""")
_TALK_OPENINGS = group_of("""
    今天 | 昨天 | 昨晚 | 刚刚? | 终于 | 早上 | 晚上 | 周末 | 这几天 | 最近 | 谢谢 | 感谢 | 祝 | 恭喜 | 听说 | 据说 | 感觉
    讲真 | 说真的 | 好家伙 | 妈呀 | 天呐 | 天哪 | 不会吧 | 果然 | 原来 | 怪不得 | 难怪 | 真的 | 突然 | 忽然 | 又 | 还是
    想吃 | 想去 | 好想 | 在看 | 看完 | 用了 | 刚看 | 分享一[张个下] | 推荐一下我
""")
TALK = re.compile(any_of(rf"""
    哈哈 | 笑死 | 呜呜 | 绝了 | 牛[逼啊哇] | 太[^，。？?]{{1,6}}了 | 好[想累困饿烦] | 累成
    ^{_TELLERS}[^？?]{{0,40}}(?:了|我|过|着|觉得|感觉|问|说) | ^{_TALK_OPENINGS} | 啊{{2,}} | [！!]{{2,}} | [？?]{{2,}}
"""))
_NOT_OF_YOU = "能|可以|会|觉得|认为|知道|了解|听说过|是|对|如何|怎么看|相信|最|信"
_OF_ME = "们?(?:应该|该|想知道|能|可以|怎么|如何|现在应该|最多)|[^？?]{6,}(?:多少|如何|怎么|吗|什么)[^，。]{0,12}[？?]"
_RHETORICAL_OPENINGS = group_of(f"""
    这 | 那 | 你(?!{_NOT_OF_YOU}) | 他 | 她 | 它 | 咱 | 为什么(?:我|你|他|她|受伤|总是|每次|这|那|现在的|大家|还|要让|又)
    怎么(?:又|还|这么|那么|都|会这样|回事|突然|不) | 谁(?:说|让|叫|家|还|不) | 凭什么 | 难道 | 何必
    什么(?:时候才|鬼|神仙|叫|玩意) | 哪(?:有|来) | 我(?!{_OF_ME})
""")
RHETORICAL = re.compile(any_of(rf"""
    ^{_RHETORICAL_OPENINGS} | (?:到底|究竟).{{0,20}}(?:啊|呀) | 什么时候(?:才|能)[^？?]{{0,12}}[啊呀]?$
    [啊呀嘛呗啦噢喔][？?！!~。…]{{0,6}}$ | 真的假的 | 是真的吗 | 好不好(?:啊|呀)?$ | 懂[吗么]
    怎么(?:办|样)(?:啊|呀|呢)?[？?]?$ | 总是 | 你就 | 看完(?:这|就|你) | 你猜 | 谁懂 | 才怪 | 真有人
"""))
OWN_QUESTION = re.compile(r"(?:应该|该|要|可以|能)(?:怎么|如何|怎样)|(?:怎么|如何|怎样)(?:才能|去|用|做|写|解决|"
    r"处理|应对|选择|提高|回答|判断|学|准备)|吃什么|用什么")


def asks(text: str) -> str | None:
    """`request`, `later request`, `question` or `task`: how the text asks for something; None where it does not."""
    if REQUEST.match(text):
        return "request"
    if LATER.search(text):
        return "later request"
    if re.search(r"[？?]", text) or QUESTION.search(INDEFINITE.sub("", text)):
        return "question"
    return "task" if sets_task(text, chinese=True) else None


def talk(text: str, how: str) -> str | None:
    """Why a bare post that asks in that way is no instruction; None where it is one."""
    if PEOPLE.search(text[:20] if how == "request" else text):
        return "put to people"
    if how == "request":
        return "talk, not an instruction" if TALK.search(text[:12]) else None
    if how == "later request":
        return "talk, not an instruction" if TALK.search(text) else None
    if how == "task" or word_problem(text, chinese=True):
        return None
    marked = re.search(r"[？?][”」』\"\s]*$|^[^。！!？?\n]{8,}[？?]\s*\n", text)
    clauses = [clause for clause in CLOSING.split(text.rstrip("。！!？? \n\t　")) if clause]
    plain = marked or HAN_GENERIC.match(text)
    question = QUESTION.search(INDEFINITE.sub("", clauses[-1])) if clauses else None
    if not plain and (not question or clauses[-1].endswith("了") or TALK.search(text)):
        return "talk, not an instruction"
    if RHETORICAL.search(text) and not OWN_QUESTION.search(text):
        return "asks about something that is not told"
    return "talk, not an instruction" if TALK.search(text) and not OWN_QUESTION.search(text) else None
