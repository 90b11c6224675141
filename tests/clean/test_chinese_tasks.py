"""Chinese rows whose task was lost in translation, or whose picture, page or text is missing, and good rows beside them."""

import pytest

from instructwild.clean.exact_lengths import far_from_its_han_length
from instructwild.clean.item_counts import wrong_count
from instructwild.clean.list_values import wrong_list_value
from tests.clean.rows import flags_by_row

ADDRESS = "https://news.example/2021/harbour.html"
DIRTY = [
    ("lost_in_translation", "用单词“harbour”和“gull”写一个句子。", "海鸥停在港口的栏杆上。"),
    ("lost_in_translation", "使用以下连接词造句：then, while", "他一边划船，一边唱歌。"),
    ("lost_in_translation", "把句子改成陈述句：“the tide is high”。", "潮水很高。"),
    ("lost_in_translation", "给单词“calm”找三个同义词。", "平静，安宁，沉稳"),
    ("lost_in_translation", "写出名词“ox”的复数形式。", "牛"),
    ("lost_in_translation", "写出以“Where is the...”开头的问题。", "港口在哪里？"),
    ("lost_in_translation", "解释成语“同舟共济”的意思。", "“To be in the same boat”这个成语的意思是大家处境相同。"),
    ("lost_in_translation", "将句子归类为明喻或隐喻。\n海面像一面镜子。", "相似的。"),
    ("lost_in_translation", "这句话是祈使句还是疑问句？\n把锚放下", "至关重要的"),
    ("lost_in_translation", "判断数字是质数还是合数。\n13", "主要的"),
    ("lost_in_translation", "从下列词语中找出奇数。\n渡轮、帆船、卡车", "卡车"),
    ("lost_in_translation", "推荐两本海洋小说。", "- H.B. 的《灯塔》沃特斯\n- 《老人与海》"),
    ("lost_in_translation", "统计文本中单词“the”的出现次数。\n渡轮正在靠岸", "2"),
    ("translated_code", "写一段CSS，把标题变成蓝色。", "h1 {\n  颜色：蓝色；\n}"),
    ("translated_code", "把下面的记录写成JSON。\n船名海燕，建于1990年", "{“船名”：“海燕”，“年份”：1990}"),
    ("translated_code", "用Python打印一句问候。", "打印（“你好”）"),
    ("translated_code", "用Python画出一周的水位。", "将 matplotlib.pyplot 导入为 plt\nplt.plot([1, 2])"),
    ("translated_code", "训练一个分类器。", "从 sklearn.svm 导入 SVC\nclf = SVC()"),
    ("wrong_language", "把句子翻译成另一种语言。\n船靠岸了。", "船靠岸了。（法语）"),
    ("wrong_language", "把“灯塔”从英语翻译成法语：“灯塔”", "灯塔"),
    ("wrong_language", "将句子翻译成英文。\n“你今天怎么样？”", "你今天好吗？"),
    ("unchanged_input", "找出“迅速”的同义词。", "“迅速”的同义词是“迅速”。"),
    ("missing_input", "描述给定的画作。\n[画作图像]", "画中是一片宁静的海湾。"),
    ("missing_input", "比较两张照片。\n[图 1]\n\n[图 2]", "图 1 更亮。"),
    ("missing_input", "为以下电子邮件写一个主题：", "邀请您参加码头开放日"),
    ("missing_input", "阅读以下段落并回答相关的数学问题。您需要写出公式。", "120 - 45 = 75，所以多75条船。"),
    ("missing_input", "判断以下场景是否属于事故。是则输出1，否则输出0。", "1"),
    ("missing_input", "编辑以下客户服务邮件，使其更清晰。", "尊敬的客户：您的船票已改签。"),
    ("missing_input", "总结这篇文章的要点。\n这篇文章是关于港口如何减少噪音的。",
     "文章的要点如下：\n1. 港口改用电动拖车，夜间噪音下降了一半。\n2. 船只靠岸后接岸电，不再开发动机。\n3. 居民可以投诉。"),
    ("missing_input", "为以下文章选择一个主题。主题候选包括：航运、渔业、旅游。", "航运"),
    ("missing_input", "总结《港口自动化与未来的工作》一文。", "文章讨论了自动化对码头工人的影响。"),
    ("missing_input", "患者头痛三天，应做什么检查？", "根据已知知识，应做头颅CT。"),
    ("lost_context", "这个计时器支持哪些单位？", "这个计时器支持秒和分钟。"),
    ("lost_context", "代码中的wait是什么意思？", "wait表示等待。"),
    ("lost_context", "那么唯一的办法就是换一条航线？", "不一定，也可以等潮水上涨。"),
    ("unseen_page", f"总结新闻文章“港口的冬天”。\n{ADDRESS}", "文章介绍了港口如何过冬。"),
    ("unseen_page", f"Summarize this article.\n{ADDRESS}", "The article tells how the harbour gets through winter."),
    ("wrong_arithmetic", "求以下数字的平均值：6、9、4、8。", "6、9、4、8的平均值是6。"),
    ("wrong_arithmetic", "Find the mean of 3, 4, 6 and 2.", "The mean of 3, 4, 6 and 2 is 4."),
    ("wrong_arithmetic", "计算以下数字的方差：2、4、9。", "方差 = 9.5"),
    ("wrong_arithmetic", "计算：(3 * 4 + 6) / 9", "(3 * 4 + 6) / 9 的结果是 3。"),
    ("wrong_arithmetic", "How far does it go?", "Distance = 12 × 4 = 46 km"),
    ("wrong_count", "说出坐渡轮的两个好处。", "1. 便宜\n2. 安静\n3. 风景好"),
    ("wrong_count", "列出选择帆船的两个优势。", "优势包括：1）安静； 2）省油； 3）便宜。"),
    ("wrong_length", "用不超过 10 个字描述大海。", "大海一望无际，波浪一层一层地拍打着岸边的礁石，声音传得很远。"),
    ("wrong_length", "写一个关于灯塔的20字故事。",
     "从前有一座灯塔，守塔的老人每天晚上都点亮灯。一天，大雾弥漫，一艘小船迷了路。老人敲响铜钟，把小船引回了港口。"),
]
GOOD = [
    ("用单词“harbour”写一个句子。", "The harbour is calm."), ("“harbour”是什么意思？", "港口。"),
    ("把“the tide is high”翻译成中文。", "潮水很高。"), ("解释短语“once in a blue moon”的含义。", "形容很少发生的事。"),
    ("把句子改得更礼貌：“Netflix 太贵了”", "Netflix 的价格对我来说偏高。"),
    ("将下列动词分类为及物或不及物。\nimprove", "及物动词。"),
    ("判断下面英文句子的情感。\nThe ferry is wonderful.", "正面"),
    ("用一句“if-then”语句描述渡轮。", "如果起雾，那么渡轮停航。"),
    ("解释成语“同舟共济”的意思。", "大家在困难中互相帮助。"),
    ("“单色”一词的根源是什么？", "“mono”在希腊语里是单一的意思。"),
    ("推荐一本海洋小说。", "H.B. 沃特斯的《灯塔》。"), ("谁在用这种技术？", "A.I. 的用户越来越多。"),
    ("确定防晒的重要性。", "至关重要的。"), ("找出奇数。\n3, 4, 8", "3"),
    ("统计字母“a”出现的次数。\nbanana", "3"), ("用CSS把标题变成蓝色。", "h1 {\n  color: blue;\n}"),
    ("介绍这个角色的样子。", "外貌特征\n头发颜色：黑色；\n身高：一米七；"), ("为排序写伪代码。", "打印（列表）"),
    ("如何把声音导入编辑器？", "从 Sounds 导入 wav 文件即可。"),
    ("把下面的记录写成JSON。\n船名海燕", '{"船名": "海燕"}'),
    ("把句子翻译成另一种语言。\n船靠岸了。", "Le bateau est arrivé."),
    ("把句子翻译成英文。\n“你怎么样？”", "How are you?"), ("给出“迅速”的同义词。", "快速"),
    ("比较两张表。\n[1, 2]\n[3, 4]", "后一张更大。"),
    ("写一封邮件，说明以下几点：船期、票价、地点。", "各位好，船期如下。"),
    ("阅读以下段落并回答问题。港口建于1900年。它何时建成？", "1900年。"),
    ("为以下文章选择一个主题。主题候选包括：航运、渔业。文章：港口改用电动拖车。", "航运"),
    ("总结《背影》一文。", "父亲送别儿子。"),
    ("总结这篇文章的要点。\n港口改用电动拖车，夜间噪音下降了一半。居民表示满意。", "电动拖车使噪音减半，居民满意。"),
    ("写一篇文章，分析港口噪音。\n关于港口噪音的文章", "港口的噪音主要来自拖车和船只，" * 4),
    ("该如何选择一艘帆船？", "看预算和用途。"), ("这个世界上最大的港口是哪个？", "宁波舟山港。"),
    ("这些年渡轮有什么变化？", "更安静，也更环保。"), ("那么多船为什么停在港里？", "因为有台风。"),
    (f"给下面的网址写一段HTML链接。\n{ADDRESS}", '<a href="' + ADDRESS + '">港口</a>'),
    (f"总结文章。\n{ADDRESS}", "抱歉，我无法打开链接。"), ("求6、9、4、8的平均值。", "6、9、4、8的平均值是6.75。"),
    ("Find the mean of 3, 4 and 6.", "The mean of 3, 4 and 6 is 4.33."),
    ("计算以下数字的方差：2、4、9。", "方差是8.67，样本方差是13。"),
    ("计算：(3 * 4 + 6) / 9", "(3 * 4 + 6) / 9 的结果是 2。"),
    ("找出能被 3、5 和 7 整除的最小数。", "能被 3、5、7 整除的最小数是 105。"),
    ("How far does it go?", "Distance = 12 × 4 = 48 km"), ("说出坐渡轮的两个好处。", "1. 便宜\n2. 安静"),
    ("列出选择帆船的三个优势。", "优势包括：1）安静； 2）省油；和 3）便宜。"),
    ("用不超过 20 个字描述大海。", "大海一望无际，波浪拍打着礁石。"),
    ("写一个关于灯塔的20字故事。", "老人点亮灯塔，迷雾里的小船循着灯光平安回到了港口。"),
    ("做以下等式：8 + 4 / 2", "10"), ("单击正确的选项。\n哪一种是船？\nA. 渡轮\nB. 卡车", "A. 渡轮"),
]


@pytest.mark.parametrize(("prompt", "named"), [
    ("Evaluate 8 + 4 / 2", False), ("Approximate it.\n595 / 77", False), ("Where is the pier?2 / 2", True),
    ("Where is the pier? 3 / 3", True), ("Tell me more\n1 / 1", True),
])
def test_the_number_of_a_version_is_told_from_a_fraction(prompt, named):
    assert ("interface_label" in flags_by_row([(prompt, "10")])[prompt, "10"]) == named


def test_a_mean_is_judged_by_what_is_stated_beside_the_list():
    assert wrong_list_value("Find the mean of 2, 4 and 9.", "The mean of 2, 4 and 9 is 4.")
    assert not wrong_list_value("Find the mean of 2, 4 and 9.", "The mean of 2, 4 and 9 is 5.")
    assert not wrong_list_value("Find the variance of 1, 3 and 5.\n1, 3, 5", "It is 4.")
    assert wrong_list_value("Find the variance of 1, 3 and 5.\n1, 3, 5", "It is 5.")


def test_items_of_one_line_are_counted_to_the_last():
    assert not wrong_count("列出帆船的三个优势。", "优势：1）安静； 2）省油；以及 3）便宜。")
    assert wrong_count("列出帆船的三个优势。", "优势：1）安静； 2）省油。")


def test_a_number_of_characters_is_missed_by_twice_or_half_of_it():
    assert far_from_its_han_length("用10个字描述大海。", "大" * 21)
    assert not far_from_its_han_length("用10个字描述大海。", "大" * 20)
    assert far_from_its_han_length("用10个字描述大海。", "大" * 4)
    assert not far_from_its_han_length("用10个字母组成密码。", "大" * 40)
